// The port of a machine's database server: what the process that listens there says, and what it has been asked.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/agents/system.h"

namespace simcluster::sim {

class DatabasePort {
 public:
  // The process listens from now on, with these answers. Returns what came in since the last call.
  std::vector<std::string> serve(std::int32_t pid, std::span<const agents::ServedAnswer> answers) {
    pid_ = pid;
    answers_.clear();
    for (const agents::ServedAnswer& answer : answers) answers_.emplace_back(answer.command, answer.answer);
    return std::exchange(commands_, {});
  }
  // The process has ended.
  void close(std::int32_t pid) {
    if (pid != pid_) return;
    pid_ = 0;
    answers_.clear();
    commands_.clear();
  }
  // Nothing: nobody listens.
  std::optional<std::string> ask(std::string_view command) {
    if (pid_ == 0) return std::nullopt;
    commands_.emplace_back(command);
    for (const auto& [question, answer] : answers_)
      if (command.starts_with(question)) return answer;
    return std::string();
  }

 private:
  std::int32_t pid_ = 0;  // 0: nobody
  std::vector<std::pair<std::string, std::string>> answers_;
  std::vector<std::string> commands_;
};

}  // namespace simcluster::sim
