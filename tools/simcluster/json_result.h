// The frame of what --output-as=json prints, for all subcommands; docs/json.md tells the shapes. `Json` is
// nlohmann::ordered_json, which this header does not include: keys keep the order in which they are set.
#pragma once

#include <string>
#include <string_view>

namespace simcluster::tools {

// {"simcluster": VERSION, "command": COMMAND}
template <class Json>
Json begin_result(std::string_view command) {
  return {{"simcluster", SIMCLUSTER_VERSION}, {"command", command}};
}

// The document with a newline. Bytes that are no UTF-8 become U+FFFD.
template <class Json>
std::string result_text(const Json& result) {
  return result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace simcluster::tools
