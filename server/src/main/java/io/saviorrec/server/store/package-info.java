/// What is durable: the items that were sent after training, with what encoders made of them.
///
/// Owns the interface of a store (bulk reads, a version on each record, changes that know what is
/// newer, a feed of changes), its implementations in RocksDB, with the folder that it lies in, and
/// in a Redis that servers share, and the cache and the change notices that every model shares
/// ([SentItems]). May use RocksDB and Jedis, which no other room knows, Caffeine and
/// `model-loader`, and nothing of the server.
@NullMarked
package io.saviorrec.server.store;

import org.jspecify.annotations.NullMarked;
