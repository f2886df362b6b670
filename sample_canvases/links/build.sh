#!/usr/bin/env bash
# Makes this canvas again, from nothing, with the command line. Usage: build.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
canvas=${1:?"usage: build.sh FOLDER (that does not exist yet)"}

dark new "$canvas" --name links
cd "$canvas"
export DARK_AUTHOR="the samples"

# What is stored.
dark insert type 'Link = { url: String, hits: Int }'
dark insert db Links Link

# What may be shortened, and under which word.
dark insert fn 'Links::isWeb(url: String) -> Bool' 'String::startsWith(url, "http://") || String::startsWith(url, "https://")'
dark insert fn 'Links::code(url: String) -> String' 'String::first(Crypto::sha256(url), 7)'
dark insert fn 'Links::shorten(url: String) -> Result<String, String>' '
let code = Links::code(url)
if !Links::isWeb(url) then
  Error("a link starts with http:// or https://")
else
  match DB::get(Links-v0, code) {
    Some(_) -> Ok(code)
    None ->
      DB::set(Links-v0, code, { url: url, hits: 0 })
      Ok(code)
  }'
dark insert fn 'Links::show(code: String, link: Link) -> { code: String, url: String, hits: Int }' '{ code: code, url: link.url, hits: link.hits }'

# The page: a form, and what has been shortened so far. Everything that a visitor typed is escaped.
dark insert fn 'Links::row(code: String, link: Link) -> String' '"<tr><td><a href=\"/${code}\">${code}</a></td><td>${Html::escape(link.url)}</td><td>${Int::toString(link.hits)}</td></tr>"'
dark insert fn 'Links::page(rows: String, message: String) -> Response' '
Http::html("<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Links</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
  input { font: inherit; padding: .3rem .5rem; width: 24rem; max-width: 60% }
  button { font: inherit; padding: .3rem .8rem }
  table { border-collapse: collapse; margin-top: 2rem; width: 100% }
  td, th { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd; overflow-wrap: anywhere }
</style>
<h1>Links</h1>
<form method=\"post\" action=\"/\">
  <input name=\"url\" placeholder=\"https://\" aria-label=\"Address to shorten\" required>
  <button>Shorten</button>
</form>
<p>${Html::escape(message)}</p>
<table><tr><th>Short</th><th>Address</th><th>Visits</th></tr>${rows}</table>
</html>")'
dark insert fn 'Links::home(message: String) -> Response' '
let rows = DB::getAll(Links-v0) |> List::map((pair) => match pair { (code, link) -> Links::row(code, link) })
Links::page(String::join(rows, ""), message)'

dark insert http GET / 'Links::home("")'
dark insert http POST / '
match Json::as<{ url: String }>(request.form) {
  Ok(form) -> match Links::shorten(form.url) {
    Ok(_) -> Http::redirect("/")
    Error(why) -> Links::home(why)
  }
  Error(_) -> Links::home("Which address?")
}'

# The redirect, which counts.
dark insert http GET /:code '
let link = DB::get(Links-v0, code)!
DB::set(Links-v0, code, { link | hits: link.hits + 1 })
Http::redirect(link.url)'

# The same for programs. What `!` meets is an answer: 422 says which field is wrong, or why the link is no good.
dark insert http GET /api/links 'DB::getAll(Links-v0) |> List::map(pair => match pair { (code, link) -> Links::show(code, link) })'
dark insert http GET /api/links/:code '
match DB::get(Links-v0, code) {
  Some(link) -> Links::show(code, link)
  None -> Http::respond(404, { error: "no link is called ${code}" })
}'
dark insert http POST /api/links '
let wanted = Json::as<{ url: String }>(request.json)!
let code = Links::shorten(wanted.url)!
Http::respond(201, { code: code, url: wanted.url })'
dark insert http DELETE /api/links/:code '
let link = DB::get(Links-v0, code)!
DB::delete(Links-v0, code)
Links::show(code, link)'

cp "$here/README.md" "$here/build.sh" .
