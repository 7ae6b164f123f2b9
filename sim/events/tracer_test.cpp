#include "sim/events/tracer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace simcluster::sim {
namespace {

struct Texts : TraceSink {
  std::vector<std::string> seen;
  void on_trace(const TraceEvent& event) override { seen.emplace_back(trace_kind_name(event.kind)); }
};

TEST(Tracer, SinksSeeOnlyTheirLevels) {
  EventQueue queue;
  Tracer tracer(queue);
  EXPECT_FALSE(tracer.wants(TraceKind::kNote));
  Texts story;
  Texts all;
  tracer.add_sink(story, 0);
  tracer.add_sink(all, 3);
  EXPECT_TRUE(tracer.wants(TraceKind::kFrameSent));
  tracer.emit(NodeIndex::none(), TraceKind::kNote, {{"text", "hello"}});
  tracer.emit(NodeIndex(0), TraceKind::kFrameSent, {});
  EXPECT_EQ(story.seen, (std::vector<std::string>{"note"}));
  EXPECT_EQ(all.seen, (std::vector<std::string>{"note", "frame.sent"}));
  tracer.remove_sink(all);
  EXPECT_FALSE(tracer.wants(TraceKind::kFrameSent));
}

TEST(Tracer, HashTellsEveryDifference) {
  EventQueue queue;
  const auto hash_of = [&](NodeIndex node, std::string_view text, std::int64_t number) {
    Tracer tracer(queue);
    tracer.set_hash_level(1);
    tracer.emit(node, TraceKind::kNote, {{"text", text}, {"number", number}});
    return tracer.hash();
  };
  EXPECT_EQ(hash_of(NodeIndex(0), "a", 1), hash_of(NodeIndex(0), "a", 1));
  EXPECT_NE(hash_of(NodeIndex(0), "a", 1), hash_of(NodeIndex(1), "a", 1));
  EXPECT_NE(hash_of(NodeIndex(0), "a", 1), hash_of(NodeIndex(0), "b", 1));
  EXPECT_NE(hash_of(NodeIndex(0), "a", 1), hash_of(NodeIndex(0), "a", 2));
}

}  // namespace
}  // namespace simcluster::sim
