const expo = require("eslint-config-expo/flat");

module.exports = [
  ...expo,
  { ignores: ["dist/*", "src/routes.ts"] },
  // Left to tsc, which finds the client where this plugin does not look.
  { rules: { "import/no-unresolved": "off", "import/namespace": "off" } },
];
