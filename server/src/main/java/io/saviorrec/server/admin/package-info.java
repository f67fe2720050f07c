@NullMarked
package io.saviorrec.server.admin;

import org.jspecify.annotations.NullMarked;
