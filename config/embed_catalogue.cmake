# Writes the catalogue's files as C++: cmake -DDIRECTORY=... -DSUBJECTS=a,b -DOUTPUT=... -P embed_catalogue.cmake
string(REPLACE "," ";" subjects "${SUBJECTS}")
set(files "")
foreach(subject ${subjects})
  file(READ ${DIRECTORY}/${subject}.yaml yaml)
  string(APPEND files "    {\"${subject}\", R\"catalogue(${yaml})catalogue\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from config/catalogue.
#include \"config/catalogue.h\"

namespace tidemark {

Catalogue ShippedCatalogue() {
  static constexpr CatalogueFile kFiles[] = {
${files}  };
  return kFiles;
}

}  // namespace tidemark
")
