require('../require.cjs');
import entry = require('./index.js');

export = entry;
