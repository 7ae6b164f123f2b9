#include "reports/trace_json.h"

#include <fmt/core.h>

namespace simcluster::reports {

namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 16;

// Bytes that are no UTF-8 are shown as U+FFFD, so that every line is valid JSON.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 ? 3 : 2;
  if (length == 1) return 1;
  if (first < 0xC2 || first >= 0xF5 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  return length;
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = utf8_length(text);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else if (length == 0) {
      out += "\\ufffd";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

bool reserved(std::string_view name) { return name == "t" || name == "node" || name == "kind"; }

}  // namespace

std::string trace_json_line(const TraceEvent& event, Time start, const std::vector<std::string>& node_names) {
  std::string line = fmt::format("{{\"t\":{}", (event.at - start).ns);
  if (event.node.valid()) {
    line += ",\"node\":";
    append_string(line, node_names[event.node.index()]);
  }
  line += fmt::format(",\"kind\":\"{}\"", trace_kind_name(event.kind));
  for (const TraceField& field : event.fields) {
    line += ',';
    append_string(line, reserved(field.name) ? std::string(field.name) + "_" : std::string(field.name));
    line += ':';
    if (field.is_number)
      line += std::to_string(field.number);
    else
      append_string(line, field.text);
  }
  line += "}\n";
  return line;
}

TraceJsonWriter::TraceJsonWriter(Time start, std::vector<std::string> node_names,
                                 std::function<void(std::string_view)> write)
    : start_(start), node_names_(std::move(node_names)), write_(std::move(write)) {}

TraceJsonWriter::~TraceJsonWriter() { flush(); }

void TraceJsonWriter::on_trace(const TraceEvent& event) {
  buffer_ += trace_json_line(event, start_, node_names_);
  if (buffer_.size() >= kBuffer) flush();
}

void TraceJsonWriter::flush() {
  if (!buffer_.empty()) write_(buffer_);
  buffer_.clear();
}

}  // namespace simcluster::reports
