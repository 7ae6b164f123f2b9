// Test vectors of S0 section 6.1.
#include "engine/scheduler/ordered_table.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/scheduler/node_table.h"

namespace simcluster::scheduler {
namespace {

std::string iterate(const OrderedTable<int>& table) {
  std::string text;
  for (const std::string_view key : table.keys()) {
    if (!text.empty()) text += ' ';
    text += key;
  }
  return text;
}

// Words starting with '-' are removals.
OrderedTable<int> filled(std::string_view words) {
  OrderedTable<int> table;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (word.front() == '-') {
      table.remove(word.substr(1));
    } else {
      table.set(word, 0);
    }
  }
  return table;
}

// S0 GU-6.2
TEST(OrderedTable, HashVectors) {
  EXPECT_EQ(ordered_hash("a"), 97U);
  EXPECT_EQ(ordered_hash("cpu"), 98728U);
  EXPECT_EQ(ordered_hash("memory"), 3217210625U);
  EXPECT_EQ(ordered_hash("node1"), 104993391U);
  EXPECT_EQ(ordered_hash("node2"), 104993392U);
  EXPECT_EQ(ordered_hash(""), 2U);
  EXPECT_EQ(ordered_hash("caf\xc3\xa9"), 94414350U);
}

// S0 GU-6.3
TEST(OrderedTable, IterationVectors) {
  EXPECT_EQ(iterate(filled("1 2 3 4 5")), "1 3 5 2 4");
  EXPECT_EQ(iterate(filled("1 2 3 4 5 6 7 8 9 10 11 12")), "4 3 9 2 8 1 7 12 6 11 5 10");
  EXPECT_EQ(iterate(filled("cpu memory disk")), "cpu disk memory");
  EXPECT_EQ(iterate(filled("node1 node2 node3")), "node2 node1 node3");
  EXPECT_EQ(iterate(filled("node1 node2 node3 node4 node5 node6 node7")), "node2 node4 node6 node1 node3 node5 node7");
  EXPECT_EQ(iterate(filled("node1 node2 node3 node4 node5 node6 node7 node8")),
            "node5 node4 node3 node2 node8 node1 node7 node6");
  EXPECT_EQ(iterate(filled("#uname #id #kind #is_dc standby")), "#id standby #kind #is_dc #uname");
  EXPECT_EQ(iterate(filled("virt-1 virt-2 virt-3 virt-4")), "virt-1 virt-3 virt-2 virt-4");
  EXPECT_EQ(iterate(filled("a b c d e f g -a -b -c -d h")), "f h e g");
  EXPECT_EQ(iterate(filled("a b c d e f g h -b -d b d")), "h a g f e d c b");
}

// S0 GU-6.3: copying is not idempotent.
TEST(OrderedTable, CopiesReinsert) {
  const auto table = filled("n1 n2 n3 n4 n5 n6 n7 n8 n9 n10 n11 n12 n13 n14 n15 n16");
  EXPECT_EQ(iterate(table), "n10 n13 n3 n16 n6 n9 n11 n1 n4 n14 n7 n2 n12 n5 n15 n8");
  EXPECT_EQ(iterate(table.reinserted()), "n10 n13 n3 n6 n16 n9 n1 n11 n14 n4 n7 n12 n2 n15 n5 n8");
}

TEST(OrderedTable, ReplacingKeepsTheSlot) {
  auto table = filled("a b c");
  EXPECT_FALSE(table.set("b", 7));
  EXPECT_FALSE(table.insert("b", 8));
  EXPECT_EQ(*table.find("b"), 7);
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table.find("d"), nullptr);
}

// S0 GU-7.2: shapes give the same orders as tables keyed by name.
TEST(NodeTable, OrderIsThatOfTheHashTable) {
  NodeShapes shapes;
  std::vector<std::string> names;
  for (int i = 1; i <= 16; ++i) names.push_back("n" + std::to_string(i));
  NodeTable table;
  for (std::uint32_t i = 0; i < 16; ++i) {
    shapes.add_node(NodeId(i), names[i]);
    table.insert(shapes, NodeId(i), 0, ProbeMode::kAlways);
  }
  const auto text = [&](const NodeTable& t) {
    std::string result;
    for (const NodeId node : t.order(shapes)) result += names[node.index()] + " ";
    return result;
  };
  EXPECT_EQ(text(table), "n10 n13 n3 n16 n6 n9 n11 n1 n4 n14 n7 n2 n12 n5 n15 n8 ");
  EXPECT_EQ(text(table.copy(shapes)), "n10 n13 n3 n6 n16 n9 n1 n11 n14 n4 n7 n12 n2 n15 n5 n8 ");
}

}  // namespace
}  // namespace simcluster::scheduler
