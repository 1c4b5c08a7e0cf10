// app.json, and over it what `tagwire app config` wrote from app.toml: ids, scheme, domains, intent filters.
const written = require("./tagwire.json");

module.exports = ({ config }) => ({
  ...config,
  ...written,
  ios: { ...config.ios, ...written.ios },
  android: { ...config.android, ...written.android },
});
