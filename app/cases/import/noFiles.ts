// What a browser finds as Node's `fs`: the WASM codecs name it in a branch that only Node takes.
export default {};
