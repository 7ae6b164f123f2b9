#include "tools/simcluster/replay_input.h"

#include <cstdio>
#include <memory>

#include "engine/cib/compressed_input.h"
#include "engine/cib/upgrade.h"

namespace simcluster::tools {

namespace {

using FileHandle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::string read_all(std::FILE* file) {
  std::string bytes;
  char buffer[1 << 16];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) bytes.append(buffer, n);
  return bytes;
}

Result<cib::Document> parse(const std::string& file) {
  auto bytes = read_bytes(file);
  if (!bytes) return tl::unexpected(bytes.error());
  const std::string name = file.empty() ? "standard input" : file;
  const cib::Compression compression = file.empty() ? cib::Compression::kNone : cib::compression_by_name(file);
  if (compression != cib::Compression::kNone) {
    auto plain = cib::decompress(*bytes, compression, name);
    if (!plain) return tl::unexpected(plain.error());
    bytes = std::move(plain);
  }
  return cib::parse_document(*bytes, name);
}

constexpr std::string_view kNoValidation =
    "Schema validation of configuration is disabled (support for validate-with set to \"none\" is deprecated and will "
    "be removed in a future release)";

// Nothing when all is well.
std::optional<Input> refusal(const cib::UpgradeResult& upgraded) {
  if (upgraded.outcome == cib::UpgradeOutcome::kValid) return std::nullopt;
  Input input;
  for (const Error& error : upgraded.errors) input.error += error.text() + "\n";
  if (!upgraded.summary.empty()) input.error += upgraded.summary + "\n";
  input.status = exit_status::kInvalidConfiguration;
  return input;
}

Input parsed_input(const std::string& program, const std::string& file) {
  Input input;
  Result<cib::Document> document = parse(file);
  if (!document) {
    input.error = program + ": Could not read input XML: Bad input value provided\n" + document.error().text() + "\n";
    input.status = exit_status::kBadInput;
    return input;
  }
  cib::MutableElement root = document->root();
  if (root.is(cib::names::kCib) && !root.first_child(cib::names::kStatus)) root.append_child(cib::names::kStatus);
  if (root.value(cib::names::kValidateWith) == "none") input.notice = std::string(kNoValidation) + "\n";
  input.document = std::move(*document);
  return input;
}

}  // namespace

Result<std::string> read_bytes(const std::string& file) {
  if (file.empty()) return read_all(stdin);
  const FileHandle handle(std::fopen(file.c_str(), "rb"), std::fclose);
  if (!handle) return fail("cannot be opened", {file, 0, 0});
  return read_all(handle.get());
}

bool write_file(const std::string& file, const std::string& text) {
  const FileHandle handle(std::fopen(file.c_str(), "wb"), std::fclose);
  return handle && std::fwrite(text.data(), 1, text.size(), handle.get()) == text.size() &&
         std::fflush(handle.get()) == 0;
}

Input read_input(const std::string& program, const std::string& file) {
  Input input = parsed_input(program, file);
  if (!input.document) return input;
  return refusal(cib::upgrade(*input.document)).value_or(std::move(input));
}

Input read_input_as_is(const std::string& program, const std::string& file) {
  Input input = parsed_input(program, file);
  if (!input.document) return input;
  cib::Document newest = *input.document;
  return refusal(cib::upgrade(newest)).value_or(std::move(input));
}

}  // namespace simcluster::tools
