<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0" styleCategories="Symbology">
<renderer-v2 type="categorizedSymbol" attr="@ATTRIBUTE@" forceraster="0" symbollevels="0" enableorderby="0" referencescale="-1">
<categories>
@CATEGORIES@
</categories>
<symbols>
@SYMBOLS@
</symbols>
</renderer-v2>
<blendMode>0</blendMode>
<featureBlendMode>0</featureBlendMode>
<layerGeometryType>2</layerGeometryType>
</qgis>
