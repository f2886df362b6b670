#!/usr/bin/env bash
# Makes this canvas again, from nothing, with the command line. Usage: build.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
canvas=${1:?"usage: build.sh FOLDER (that does not exist yet)"}

dark new "$canvas" --name hello
cd "$canvas"
export DARK_AUTHOR="the samples"

dark insert http GET / '"Hello. Try /hello/ada, /fib/20, /shapes/circle/2 or /words?text=one+two+one"'
dark insert http GET /hello/:name '"Hello ${name}"'

# Functions have a module and a version; an integer in a path is a String until it is parsed.
dark insert fn 'Hello::fib(n: Int) -> Int' 'if n < 2 then n else Hello::fib(n - 1) + Hello::fib(n - 2)'
dark insert http GET /fib/:n '
match Int::parse(n) {
  Ok(number) if number > 22 -> Http::respond(422, { error: "that would take a while", largest: 22 })
  Ok(number) -> { n: number, fib: Hello::fib(number) }
  Error(why) -> Http::respond(422, { error: why })
}'

# An enum, and a match over it.
dark insert type 'Shape = Circle(Float) | Rectangle(Float, Float)'
dark insert fn 'Shape::area(shape: Shape) -> Float' '
match shape {
  Circle(radius) -> Math::pi() * radius * radius
  Rectangle(width, height) -> width * height
}'
dark insert fn 'Shape::named(kind: String, size: Float) -> Option<Shape>' '
match kind {
  "circle" -> Some(Circle(size))
  "square" -> Some(Rectangle(size, size))
  _ -> None
}'
# `!` leaves the handler with the None (404) or the Error (422).
dark insert http GET /shapes/:kind/:size '
let length = Float::parse(size)!
let shape = Shape::named(kind, length)!
{ kind: kind, area: Shape::area(shape) }'

# Lists, pipes and lambdas.
dark insert http GET /words '
Dict::get(request.query, "text")!
|> String::split(" ")
|> List::filter(word => String::length(word) > 0)
|> List::map(word => { word: word, letters: String::length(word), loud: String::toUppercase(word) })'

cp "$here/README.md" "$here/build.sh" .
