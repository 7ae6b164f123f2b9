#include "sim/events/tracer.h"

#include <algorithm>

namespace simcluster::sim {

Tracer::Tracer(const EventQueue& queue) : queue_(queue) {}

void Tracer::add_sink(TraceSink& sink, int level) {
  listeners_.push_back({&sink, level});
  refresh();
}

void Tracer::remove_sink(TraceSink& sink) {
  std::erase_if(listeners_, [&](const Listener& l) { return l.sink == &sink; });
  refresh();
}

void Tracer::set_hash_level(int level) {
  hash_level_ = level;
  refresh();
}

std::uint64_t Tracer::hash() const { return hash_level_ < 0 ? 0 : hash_.value(); }

void Tracer::refresh() {
  int level = hash_level_;
  for (const Listener& l : listeners_) level = std::max(level, l.level);
  for (std::size_t i = 0; i < wanted_.size(); ++i) wanted_[i] = trace_kind_level(static_cast<TraceKind>(i)) <= level;
}

void Tracer::emit(NodeIndex node, TraceKind kind, std::span<const TraceField> fields) {
  if (!wants(kind)) return;
  ++emitted_;
  const TraceEvent event{queue_.now(), node, kind, fields};
  const int level = trace_kind_level(kind);
  if (level <= hash_level_) add_to_hash(event);
  // By index: a sink may stop listening while it is told.
  for (std::size_t i = 0; i < listeners_.size(); ++i)
    if (level <= listeners_[i].level) listeners_[i].sink->on_trace(event);
}

void Tracer::add_to_hash(const TraceEvent& event) {
  hash_.add(static_cast<std::uint64_t>(event.at.ns));
  hash_.add(std::uint64_t{event.node.value});
  hash_.add(trace_kind_name(event.kind));
  for (const TraceField& field : event.fields) {
    hash_.add(std::uint64_t{field.name.size()});
    hash_.add(field.name);
    if (field.is_number) {
      hash_.add(static_cast<std::uint64_t>(field.number));
    } else {
      hash_.add(std::uint64_t{field.text.size()});
      hash_.add(field.text);
    }
  }
}

}  // namespace simcluster::sim
