// The way from everything that happens to everybody who listens: trace sinks and the running hash.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/trace.h"
#include "sim/events/event_queue.h"

namespace simcluster::sim {

class Tracer {
 public:
  explicit Tracer(const EventQueue& queue);

  // Adds a sink for all kinds up to `level` (see the trace kinds' table). Not owned; remove it before it dies.
  void add_sink(TraceSink& sink, int level);
  void remove_sink(TraceSink& sink);
  // Kinds up to `level` go into the hash; below 0 (the default) nothing is hashed.
  void set_hash_level(int level);
  // The hash over time, node, kind and fields of every hashed event so far; 0 when nothing is hashed.
  std::uint64_t hash() const;

  // False when nobody listens: then do not build the fields.
  bool wants(TraceKind kind) const { return wanted_[static_cast<std::size_t>(kind)]; }
  void emit(NodeIndex node, TraceKind kind, std::span<const TraceField> fields);
  void emit(NodeIndex node, TraceKind kind, std::initializer_list<TraceField> fields) {
    emit(node, kind, std::span<const TraceField>(fields.begin(), fields.size()));
  }
  std::uint64_t events_emitted() const { return emitted_; }

 private:
  struct Listener {
    TraceSink* sink;
    int level;
  };
  void refresh();
  void add_to_hash(const TraceEvent& event);

  const EventQueue& queue_;
  std::vector<Listener> listeners_;
  int hash_level_ = -1;
  std::uint64_t emitted_ = 0;
  RunningHash hash_;
  std::array<bool, kTraceKindCount> wanted_{};
};

}  // namespace simcluster::sim
