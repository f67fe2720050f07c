@NullMarked
package io.saviorrec.server.config;

import org.jspecify.annotations.NullMarked;
