@NullMarked
package io.saviorrec.server.request;

import org.jspecify.annotations.NullMarked;
