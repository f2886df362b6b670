#!/usr/bin/env bash
# Makes this canvas again, from nothing, with the command line. Usage: build.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
canvas=${1:?"usage: build.sh FOLDER (that does not exist yet)"}

dark new "$canvas" --name shop
cd "$canvas"
export DARK_AUTHOR="the samples"
cat >> canvas.toml <<'TOML'

[subject]
function = "Shop::who"
trusted_header = "x-user"

[traces]
sealed = ["password", "card"]
TOML

# What is sold, what is in carts, what was ordered. Prices are in cents.
dark insert type 'Item = { name: String, price: Int, stock: Int }'
dark insert type 'Line = { sku: String, count: Int }'
dark insert type 'Order = { user: String, lines: List<Line>, total: Int, at: DateTime }'
dark insert db Items Item
dark insert db Carts 'List<Line>'
dark insert db Orders Order

# Whom switches decide for.
dark insert fn 'Shop::who(request: Request) -> Option<String>' 'Dict::get(request.headers, "x-user")'

# The cart.
dark insert fn 'Cart::of(user: String) -> List<Line>' 'Option::withDefault(DB::get(Carts-v0, user), [])'
dark insert fn 'Cart::add(lines: List<Line>, sku: String, count: Int) -> List<Line>' '
let others = List::filter(lines, line => line.sku != sku)
let before = List::fold(List::filter(lines, line => line.sku == sku), 0, (sum, line) => sum + line.count)
List::pushBack(others, { sku: sku, count: before + count })'

# The price. Its newest rule is on its way, for a few.
dark insert fn 'Price::line(line: Line) -> Int' '
match DB::get(Items-v0, line.sku) {
  Some(item) -> item.price * line.count
  None -> 0
}'
dark insert fn 'Price::shipping(total: Int) -> Int' 'if total >= 5000 then 0 else 490'
dark insert fn 'Price::total(lines: List<Line>) -> Int' '
let goods = List::fold(lines, 0, (sum, line) => sum + Price::line(line))
goods + Price::shipping(goods)'

# The handlers.
dark insert http GET /items 'DB::getAll(Items-v0) |> List::map(((sku, item)) => { sku: sku, name: item.name, price: item.price })'
dark insert http PUT /items/:sku '
let item = Json::as<Item>(request.json)!
DB::set(Items-v0, sku, item)
{ sku: sku }'
dark insert http GET /cart/:user '
let lines = Cart::of(user)
{ lines: lines, total: Price::total(lines) }'
dark insert http POST /cart/:user '
let line = Json::as<Line>(request.json)!
let lines = Cart::add(Cart::of(user), line.sku, line.count)
DB::set(Carts-v0, user, lines)
{ lines: lines, total: Price::total(lines) }'
dark insert fn 'Order::place(user: String, lines: List<Line>) -> Result<String, String>' '
match List::isEmpty(lines) {
  true -> Error("the cart is empty")
  false ->
    let id = DB::generateKey()
    DB::set(Orders-v0, id, { user: user, lines: lines, total: Price::total(lines), at: DateTime::now() })
    DB::delete(Carts-v0, user)
    Ok(id)
}'
dark insert http POST /checkout/:user 'let id = Order::place(user, Cart::of(user))!; { order: id }'
dark insert http GET /orders/:id 'DB::get(Orders-v0, id)!'

# A finished idea, with half of the people: a discount from ten pieces on.
dark toggle create Price::line#body.arms.0.body bulk --new 'if line.count >= 10 then Int::divide(item.price * line.count * 9, 10) else item.price * line.count'
dark toggle rollout bulk 50

# An idea that two people look at: free shipping for their apps of version 2.
dark toggle create Price::shipping#body free-shipping --new '0' --when 'Version::isAtLeast(Option::withDefault(Dict::get(request.headers, "x-app"), "0"), "2.0")'
dark toggle allow free-shipping ada bob

# An idea that is not written yet. It is in the program, and in nobody'"'"'s way.
dark toggle create GET:/items#body search --new '
let words = Option::withDefault(Dict::get(request.query, "q"), "")
if words == "" then ?all else ?matching'

# Tests. Each runs under every side of the switches on its way.
dark insert test cart 'Test::equal(Cart::add([{ sku: "tea", count: 1 }], "tea", 2), [{ sku: "tea", count: 3 }])'
dark insert test shipping '
Test::each([(0, 490), (4999, 490), (5000, 0)], ((total, cost)) => Test::isTrue(Price::shipping(total) <= cost))'
dark insert test checkout '
Test::at(DateTime::fromSeconds(1700000000))
DB::set(Items-v0, "tea", { name: "Tea", price: 300, stock: 9 })
let cart = Test::requestWith("POST", "/cart/ada", #{}, "{\"sku\": \"tea\", \"count\": 20}")
Test::equal(cart.status, 200)
let placed = Test::request("POST", "/checkout/ada")
Test::equal(placed.status, 200)
Test::equal(DB::count(Orders-v0), 1)
Test::equal(Test::request("GET", "/cart/ada").status, 200)
Test::equal(Test::request("POST", "/checkout/ada").status, 422)'
dark insert test items 'Test::equal(Test::request("GET", "/items").status, 200)'

rm -rf data .dark
cp "$here/README.md" "$here/build.sh" .
