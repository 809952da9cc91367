// The folder of the installed package. A CommonJS file because only there both builds can ask where they are.
module.exports = __dirname;
