/// Settings as nested records: read from YAML, single keys and defaults, checked by the records
/// themselves, with every mistake told at once under its full key.
///
/// Both programs read their settings with it. It knows no program's settings and uses no other
/// package.
@NullMarked
package io.saviorrec.config;

import org.jspecify.annotations.NullMarked;
