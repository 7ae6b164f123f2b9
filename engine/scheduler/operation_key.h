// Keys of operations: RSC_TASK_INTERVAL (S5 ).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace simcluster::scheduler {

struct OperationKey {
  std::string_view resource;
  std::string_view task;
  std::uint32_t interval = 0;  // milliseconds
};

// S5 A-5. Nothing when the text cannot be split.
std::optional<OperationKey> split_operation_key(std::string_view key);

}  // namespace simcluster::scheduler
