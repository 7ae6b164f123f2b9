#include "sim/world/input_files.h"

#include <charconv>

#include "engine/cib/compressed_output.h"
#include "engine/controller/scheduler_run.h"
#include "sim/kernel/file_store.h"

namespace simcluster::sim {

namespace {

// "/var/lib/pengine/pe-input.last", as 2.1.5 was seen to keep it.
std::string number_file(const Profile& profile, InputSeries series) {
  const std::string name = controller::input_file_name(profile, series, 0);
  return name.substr(0, name.rfind('-')) + ".last";
}

}  // namespace

int InputFiles::last_number(InputSeries series) const {
  const std::string* text = files_.find(number_file(profile_, series));
  int next = 0;
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), next);
  return next - 1;
}

void InputFiles::keep(InputSeries series, int number, std::string xml) {
  files_.write(number_file(profile_, series), std::to_string(number + 1));
  if (texts_) files_.write(controller::input_file_name(profile_, series, number), cib::compress_bzip2(xml));
}

}  // namespace simcluster::sim
