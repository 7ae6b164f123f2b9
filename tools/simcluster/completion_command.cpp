#include <cstdio>

#include <fmt/core.h>

#include "tools/simcluster/command.h"
#include "tools/simcluster/options.h"
#include "tools/simcluster/results.h"

namespace simcluster::tools {

namespace {

// Options are read from the help texts, so they cannot drift from them.
constexpr std::string_view kCompletion = R"bash(# bash completion for simcluster:  source <(simcluster completion bash)
_simcluster() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "@COMMANDS@ --help --version" -- "$current")
    return
  fi
  case $previous in
    --color)
      mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$current")
      return ;;
    --variant)
      local word
      for word in "${COMP_WORDS[@]}"; do
        case $word in
          *.yaml | *.yml)
            mapfile -t COMPREPLY < <(compgen -W "$("$program" list --names "$word" 2>/dev/null)" -- "$current")
            return ;;
        esac
      done
      return ;;
  esac
  case $current in
    -*)
      local options
      options=$("$program" "$command" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)
      mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
      return ;;
  esac
  if [ "$command" = completion ]; then
    mapfile -t COMPREPLY < <(compgen -W "bash" -- "$current")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
  compopt -o filenames 2>/dev/null
}
complete -F _simcluster simcluster
)bash";

}  // namespace

int completion_command(const Arguments& arguments) {
  std::vector<std::string> shells;
  std::string format = "text";
  OptionTable table("completion bash",
                    "Prints the completion script for bash. For this shell:\n\n"
                    "source <(simcluster completion bash)");
  table.text("output-as", "FORMAT", "text or json (docs/json.md)", format);
  table.rest("bash", true, shells);
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("completion", parsed.error());
  if (!*parsed) return kAsExpected;
  if (shells.size() != 1 || shells.front() != "bash")
    return usage_error("completion",
                       Error{fmt::format("there is completion for bash only, not for \"{}\"", shells.front()), {}});
  const auto json = wants_json(format);
  if (!json) return usage_error("completion", json.error());
  std::string script(kCompletion);
  std::string names;
  for (const Command& command : commands()) names += fmt::format("{}{}", names.empty() ? "" : " ", command.name);
  constexpr std::string_view kPlace = "@COMMANDS@";
  script.replace(script.find(kPlace), kPlace.size(), names);
  if (*json) script = completion_results(script);
  std::fwrite(script.data(), 1, script.size(), stdout);
  return kAsExpected;
}

}  // namespace simcluster::tools
