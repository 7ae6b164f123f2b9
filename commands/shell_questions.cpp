#include "commands/shell_questions.h"

namespace simcluster::commands {

std::vector<Arguments> questions_of_shell(std::span<const std::string> words) {
  if (words.size() < 2 || words[0] != "resource") return {};
  const std::span<const std::string> rest = words.subspan(2);
  const std::string& verb = words[1];
  if (verb == "status" && rest.empty()) return {{"crm_resource", "--list"}};
  std::vector<Arguments> questions;
  if (verb == "status" || verb == "locate")
    for (const std::string& resource : rest) questions.push_back({"crm_resource", "--locate", "-r", resource});
  if (verb == "constraints" && rest.size() == 1) questions.push_back({"crm_resource", "-a", "-r", rest[0]});
  if (verb == "operations") {
    Arguments& question = questions.emplace_back(Arguments{"crm_resource", "-O"});
    if (!rest.empty()) question.insert(question.end(), {"-r", rest[0]});
    if (rest.size() > 1) question.insert(question.end(), {"-N", rest[1]});
  }
  return questions;
}

}  // namespace simcluster::commands
