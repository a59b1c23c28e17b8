// Half the time in `left`, a quarter in `right`, the rest idle; JSON and a closure on the way.
"use strict";

function spin(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function left() {
  spin(200);
}

function right() {
  spin(100);
}

function parse() {
  let n = 0;
  for (let i = 0; i < 2000; i++) n += JSON.parse('{"a": [1, 2, {"b": "c"}]}').a.length;
  return n;
}

left();
right();
parse();
setTimeout(() => spin(50), 100);
