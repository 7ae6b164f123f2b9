// --output-as=xml of the tools, as 2.1 prints it: the result in a frame that tells the command line and how it ended.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "commands/arguments.h"
#include "commands/tool.h"
#include "reports/status_xml.h"

namespace simcluster::commands {

// Of --output-as. The error is one sentence of the tool.
Result<bool> wants_xml(const ParsedArguments& given);

reports::StatusXml xml_form(const Profile& profile);

struct XmlResult {
  std::string_view tool;
  const Arguments& arguments;
  const Profile& profile;
  bool with_errors = true;  // they are part of the result, else they go where they always go
};
// `outcome` with the frame as its output, around what `content` writes.
Outcome as_xml(Outcome outcome, const XmlResult& result, const std::function<void(reports::XmlWriter&)>& content = {});

}  // namespace simcluster::commands
