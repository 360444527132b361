// What `require()` gets: the very module that `import` gets, or a sentence where Node or Jest cannot load it.
require('./require.cjs');
import entry = require('./index.js');

export = entry;
