// What the tools share: reading XML, connecting, versions and digests.
#pragma once

#include <string>
#include <string_view>

#include "commands/cib_change.h"
#include "commands/tool.h"

namespace simcluster::commands {

struct Input {
  cib::Document document;
};
// An empty name is standard input; compressed files are read, too.
Result<Input> read_input_file(const Surroundings& surroundings, const std::string& file);
Result<Input> read_input_text(std::string_view xml, std::string_view name);

// "   1 <cib ...>" for every line, and one for the end: how a CIB is shown that was not taken.
std::string numbered_lines(std::string_view text);

// What stands in the way of asking for the CIB.
CibError connection_error(Connection connection);
std::string_view connection_text(Connection connection);
// The exit status of a tool that has none.
int status_without_cib(Connection connection);

// --version
Outcome version_of_tool(const Surroundings& surroundings);
// The newest schema that the release knows.
std::string newest_schema(const Profile& profile);

// Releases up to 2.1 say things that later ones, whose words the scheduler has, say otherwise.
bool says_old_words(const Profile& profile);
// As the release writes XML: up to 2.1 also apostrophes are escaped.
std::string xml_text(const cib::Element& element, const Profile& profile, int depth = 0);

// cibadmin -5 and -6: of the file, and of what is sent. Of a whole document.
std::string file_digest(const cib::Element& root, const Profile& profile);
std::string versioned_digest(const cib::Element& root, const Profile& profile);

}  // namespace simcluster::commands
