/// Settings as nested records: read from YAML, single keys and defaults, checked by the records
/// themselves, with every mistake told at once under its full key.
///
/// Both programs read their settings with it. Owns no state and knows no program's settings. May
/// use Jackson and no other room.
@NullMarked
package io.saviorrec.config;

import org.jspecify.annotations.NullMarked;
