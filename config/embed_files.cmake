# Writes YAML files as C++: cmake -DDIRECTORY=... -DNAMES=a,b -DFUNCTION=ShippedCatalogue -DOUTPUT=... -P embed_files.cmake
string(REPLACE "," ";" names "${NAMES}")
set(files "")
foreach(name ${names})
  file(READ ${DIRECTORY}/${name}.yaml yaml)
  string(APPEND files "    {\"${name}\", R\"shipped(${yaml})shipped\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from config.
#include \"config/catalogue.h\"

namespace tidemark {

Catalogue ${FUNCTION}() {
  static constexpr CatalogueFile kFiles[] = {
${files}  };
  return kFiles;
}

}  // namespace tidemark
")
