#include "engine/membership/conf_reader.h"

namespace simcluster::membership {

namespace {

constexpr std::size_t kMaxLine = 511;  // CF-4
constexpr std::size_t kMaxPath = 255;  // CF-3

bool blank(char c) { return c == ' ' || c == '\t' || c == '\xA0' || c == '\r' || c == '\n'; }

std::string_view strip(std::string_view text) {
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  return text;
}

class ConfParser {
 public:
  ConfParser(std::string_view text, std::string_view file_name) : rest_(text), file_(file_name) {}

  ConfTree parse() {
    ConfTree tree;
    if (auto result = section(tree.top, 0); !result) tree.error = std::move(result.error());
    return tree;
  }

 private:
  tl::unexpected<Error> error(std::string_view text) const {
    return fail(std::string(text), SourcePlace{std::string(file_), line_, 0});
  }

  Result<void> section(ConfSection& into, std::size_t path) {
    while (!rest_.empty()) {
      const auto end = rest_.find('\n');
      const std::string_view raw = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      ++line_;
      if (raw.size() + 1 > kMaxLine) return error("Line too long");
      const std::string_view line = strip(raw);
      if (line.empty() || line.front() == '#') continue;
      if (const auto brace = line.find('{'); brace != std::string_view::npos) {
        if (auto result = open(into, path, line, brace); !result) return result;
      } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        if (auto result = key(into, path, line, colon); !result) return result;
      } else if (line.find('}') != std::string_view::npos) {
        if (line.size() != 1) return error("Extra characters before or after closing bracket '}'");
        if (into.name.empty()) return error("Unexpected closing brace");
        into.end_line = line_;
        return {};
      } else {
        return error("Line is not opening or closing section or key value");
      }
    }
    if (!into.name.empty()) return error("Missing closing brace");
    return {};
  }

  Result<void> open(ConfSection& into, std::size_t path, std::string_view line, std::size_t brace) {
    std::string_view name = strip(line.substr(0, brace));
    while (!name.empty() && (name.back() == ':' || blank(name.back()))) name.remove_suffix(1);
    if (name.empty()) return error("Missing section name before opening bracket '{'");
    if (brace + 1 != line.size()) return error("Extra characters after opening bracket '{'");
    if (path + name.size() + 1 > kMaxPath) return error("Start of section makes total cmap path too long");
    ConfSection inner;
    inner.name = std::string(name);
    inner.line = line_;
    auto result = section(inner, path + name.size() + 1);
    into.sections.push_back(std::move(inner));
    return result;
  }

  Result<void> key(ConfSection& into, std::size_t path, std::string_view line, std::size_t colon) {
    const std::string_view name = strip(line.substr(0, colon));
    if (path + name.size() > kMaxPath) return error("New key makes total cmap path too long");
    into.keys.push_back({std::string(name), std::string(strip(line.substr(colon + 1))), line_});
    return {};
  }

  std::string_view rest_;
  std::string_view file_;
  int line_ = 0;
};

}  // namespace

ConfTree read_conf(std::string_view text, std::string_view file_name) { return ConfParser(text, file_name).parse(); }

}  // namespace simcluster::membership
