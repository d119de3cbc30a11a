left({{column}}, {{chars}})
