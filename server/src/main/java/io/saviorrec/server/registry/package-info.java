@NullMarked
package io.saviorrec.server.registry;

import org.jspecify.annotations.NullMarked;
