contains(lower({{text}}), lower($contains))
