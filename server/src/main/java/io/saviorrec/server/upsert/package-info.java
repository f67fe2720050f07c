@NullMarked
package io.saviorrec.server.upsert;

import org.jspecify.annotations.NullMarked;
