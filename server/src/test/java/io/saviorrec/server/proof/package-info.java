/// Tries to break the server from outside: a real process, real bundles and a real port; and looks
/// whether those who watch it see that, with the rules and dashboards of the chart.
///
/// Owns the processes that it starts and the raw connections to them. Uses of the server nothing
/// but its program, its settings' names and its messages.
@NullMarked
package io.saviorrec.server.proof;

import org.jspecify.annotations.NullMarked;
