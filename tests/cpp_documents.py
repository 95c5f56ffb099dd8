"""Documents of the CPP formats, of our own: small ones, and ones with everything that may stand there.

Parties, numbers and accounts are invented.
"""

ENVELOPE = """<Enveloppe><EnveloppeUnitaire NumOrdre="1">
<Parametres>
<ParametreIndiv NumOrdre="0001"><Code>DtPrd</Code><Valeurparametre>2026-09-02</Valeurparametre>
<Note>jour</Note></ParametreIndiv>
<ParametreIndiv NumOrdre="0002"><Code>IdFlx</Code>
<Valeurparametre>DEM0011113000000000000001</Valeurparametre></ParametreIndiv>
</Parametres>
<Partenaires>
<Recepteur><Id>DEM001</Id><Libelle>Récepteur</Libelle><Note>n</Note></Recepteur>
<Emetteur><Id>CPP001</Id><Libelle>Emetteur</Libelle><Note>n</Note></Emetteur>
</Partenaires>
</EnveloppeUnitaire></Enveloppe>"""

SUPPLIER = """<TypeIdentifiant>1</TypeIdentifiant><Identifiant>33254021516357</Identifiant>
<RaisonSociale>FOURNISSEUR DEMO</RaisonSociale><CodePays>FR</CodePays>"""

DEBTOR = """<Debiteur><TypeIdentifiant>1</TypeIdentifiant><Identifiant>12345678200051</Identifiant>
<Nom>COMMUNE DEMO</Nom><CodeService>SERV1</CodeService><NomService>Comptabilité</NomService>
</Debiteur>"""

FLOW_STATUS = f"""<CPPStatut Version="V1_18">{ENVELOPE}
<CPPFluxStatuts compteur="2">
<CPPFluxStatutUnitaire NumOrdre="1"><DonneesStatut>
<IdStatut>96</IdStatut><ComplementStatut>Intégré en partie</ComplementStatut>
<Commentaire>c</Commentaire><Note>n</Note><Horodatage>2026-09-02T10:00:00+02:00</Horodatage>
<IdProducteur>PROD0001</IdProducteur><Producteur/><IdFlux>DEM0011113000000000000001</IdFlux>
<Details NbLignesErreur="2">
<LigneErreurDetail IdLigne="1"><NatureErreur>FONCTIONNELLE</NatureErreur>
<CodeErreur>REJ_UNI</CodeErreur><LibelleErreur>l</LibelleErreur>
<DescriptionErreur>d</DescriptionErreur></LigneErreurDetail>
<LigneErreurDetail IdLigne="b"><NatureErreur>TECHNIQUE</NatureErreur>
<CodeErreur>IRR_SYNTAX</CodeErreur><LibelleErreur>l</LibelleErreur></LigneErreurDetail>
</Details></DonneesStatut></CPPFluxStatutUnitaire>
<CPPFluxStatutUnitaire NumOrdre="2"><DonneesStatut>
<IdStatut>90</IdStatut><Horodatage>2026-09-02T10:00:00</Horodatage><IdFlux>F2</IdFlux>
</DonneesStatut></CPPFluxStatutUnitaire>
</CPPFluxStatuts></CPPStatut>"""

INVOICE_STATUS = f"""<CPPStatut Version="V1_18">{ENVELOPE}
<CPPFactureStatuts compteur="2">
<CPPFactureStatutUnitaire NumOrdre="1"><Fournisseur>{SUPPLIER}</Fournisseur>{DEBTOR}
<DonneesStatut><IdStatut>06</IdStatut><ComplementStatut>Suspendue</ComplementStatut>
<Commentaire>pièce absente</Commentaire><Horodatage>2026-09-02T10:00:00+02:00</Horodatage>
<Producteur Id="P1"/><IdFacture>F2026-001</IdFacture><DateFacture>2026-09-01</DateFacture>
<IdMandatDP>M1</IdMandatDP></DonneesStatut></CPPFactureStatutUnitaire>
<CPPFactureStatutUnitaire NumOrdre="2">
<Fournisseur><TypeIdentifiant>2</TypeIdentifiant><Identifiant>BE0123456789</Identifiant>
<RaisonSociale>FOURNISSEUR BE</RaisonSociale></Fournisseur>
<Debiteur><TypeIdentifiant>1</TypeIdentifiant><Identifiant>12345678200051</Identifiant></Debiteur>
<DonneesStatut><IdStatut>7</IdStatut><Horodatage>2026-09-03T10:00:00Z</Horodatage>
<IdFacture>F2026-002</IdFacture></DonneesStatut></CPPFactureStatutUnitaire>
</CPPFactureStatuts></CPPStatut>"""

_FULL_DATA = """<DonneesFacture>
<Id>F2026-001</Id><IdCPRO>123456</IdCPRO><Renvoi>Complétée</Renvoi>
<IdFactureOrigine>F2026-000</IdFactureOrigine><Type>380</Type><Cadre>A1</Cadre>
<DateEmissionFacture>2026-09-01</DateEmissionFacture><DateLivraison>2026-08-31</DateLivraison>
<ModePaiement><Code>30</Code><Libelle>Virement</Libelle></ModePaiement>
<DateReception>2026-09-02</DateReception>
<DateMiseADispositionMOE>2026-09-02</DateMiseADispositionMOE><Devise>EUR</Devise>
<Montants><MontantHT>100.00</MontantHT><MontantTTC>120.00</MontantTTC>
<MontantNetAPayer>120.00</MontantNetAPayer></Montants>
<TVAs><TVA><Taux>20</Taux><BaseHt>100.00</BaseHt><MontantTVA>20.00</MontantTVA></TVA></TVAs>
<Engagement><NumeroMarche>M1</NumeroMarche><NumeroEngagement>E1</NumeroEngagement></Engagement>
<Lignes><Ligne NumOrdre="1"><ReferenceProduit>R1</ReferenceProduit>
<PrixUnitaire>50</PrixUnitaire><Quantite>2</Quantite><MontantHT>100.00</MontantHT>
<TauxTVA>20</TauxTVA></Ligne><Ligne NumOrdre="2"><PrixUnitaire>0</PrixUnitaire>
<Quantite>1</Quantite><MontantHT>0</MontantHT></Ligne></Lignes>
</DonneesFacture>"""

_BARE_DATA = """<DonneesFacture><Id>F2026-002</Id><Type>381</Type><Cadre>A25</Cadre>
<DateEmissionFacture>2026-09-01</DateEmissionFacture><ModePaiement><Code>42</Code></ModePaiement>
<DateReception>2026-09-02</DateReception><Devise>EUR</Devise>
<Montants><MontantHT>-1</MontantHT><MontantTTC>-1.2</MontantTTC>
<MontantNetAPayer>-1.2</MontantNetAPayer></Montants><TVAs/><Engagement/><Lignes/>
</DonneesFacture>"""

_FILES = """<PJ NumOrdre="1"><IdUnique>1</IdUnique><IdOriginal>2</IdOriginal>
<Contenu>UEsDBA==</Contenu><NomPJ>PJ01.pdf</NomPJ><NomPJOrigine>f.pdf</NomPJOrigine>
<CategoriePJ>Facture PDF</CategoriePJ><TypePJ>01</TypePJ><MimeTypePJ>application/pdf</MimeTypePJ>
</PJ><PJ><NomPJ>PJ02.pdf</NomPJ><TypePJ>02</TypePJ><MimeTypePJ>application/pdf</MimeTypePJ></PJ>"""

_STORY = """<CycleDeValidation>
<ValidationUnitaire><DateStatut>2026-09-02</DateStatut><CodeStatut>01</CodeStatut>
<ComplementStatut>Déposée</ComplementStatut><Commentaire>c</Commentaire>
<ProducteurStatut><TypeIdentifiant>6</TypeIdentifiant><Id>12345678200051</Id>
<RaisonSociale>COMMUNE DEMO</RaisonSociale><CodePays>FR</CodePays><Note>n</Note>
</ProducteurStatut></ValidationUnitaire>
<ValidationUnitaire><DateStatut>2026-09-03</DateStatut><CodeStatut>3</CodeStatut>
<ProducteurStatut><TypeIdentifiant>1</TypeIdentifiant><Id>1</Id><RaisonSociale>R</RaisonSociale>
<CodePays>FR</CodePays></ProducteurStatut></ValidationUnitaire>
</CycleDeValidation>"""

_ACCOUNT = """<ReferenceBancaire Type="IBAN"><Compte>FR7630006000011234567890189</Compte>
<Etablissement>BANQUE DEMO</Etablissement>
<RaisonSocialeEncaisseur>FACTOR DEMO</RaisonSocialeEncaisseur></ReferenceBancaire>"""

PIVOT = f"""<CPPFacturePivot Version="V2_02">{ENVELOPE}
<CPPFactures Compteur="2">
<CPPFacturePivotUnitaire NumOrdre="1">
<Fournisseur>{SUPPLIER}{_ACCOUNT}<ModeEmission>flux</ModeEmission></Fournisseur>
{DEBTOR}{_FULL_DATA}{_FILES}{_STORY}</CPPFacturePivotUnitaire>
<CPPFacturePivotUnitaire NumOrdre="2">
<Fournisseur>{SUPPLIER}<ModeEmission>PDF</ModeEmission></Fournisseur>
<Debiteur><TypeIdentifiant>1</TypeIdentifiant><Identifiant>98765432100019</Identifiant></Debiteur>
{_BARE_DATA}<PJ><NomPJ>f.pdf</NomPJ><TypePJ>01</TypePJ><MimeTypePJ/></PJ>
</CPPFacturePivotUnitaire>
</CPPFactures></CPPFacturePivot>"""

MIXED = f"""<CPPFactureMixte>{ENVELOPE}
<CPPFactures Compteur="2">
<CPPFactureMixteUnitaire NumOrdre="1">
<Fournisseur>{SUPPLIER}</Fournisseur>{DEBTOR}
<DonneesFacture><Id>F2026-001</Id><Type>380</Type><Cadre>A1</Cadre>
<DateEmissionFacture>2026-09-01</DateEmissionFacture><ModePaiement><Code>01</Code></ModePaiement>
<Devise>EUR</Devise><Montants><MontantHT>100.00</MontantHT><MontantTTC>120.00</MontantTTC>
<MontantNetAPayer>120.00</MontantNetAPayer></Montants>
<TVAS><TVA><Taux>20</Taux><BaseHt>100.00</BaseHt><MontantTVA>20.00</MontantTVA></TVA></TVAS>
<Engagement><NumeroEngagement>E1</NumeroEngagement></Engagement></DonneesFacture>
<PJ><Contenu>UEsDBA==</Contenu><NomPJ>f.pdf</NomPJ><TypePJ>01</TypePJ>
<MimeTypePJ>application/pdf</MimeTypePJ></PJ>
</CPPFactureMixteUnitaire>
<CPPFactureMixteUnitaire NumOrdre="2">
<Fournisseur>{SUPPLIER}</Fournisseur>{DEBTOR}
<DonneesFacture><Id>F2026-002</Id><Type>381</Type><Cadre>A2</Cadre>
<DateEmissionFacture>2026-09-01</DateEmissionFacture><Devise>EUR</Devise>
<Montants><MontantHT>1</MontantHT><MontantTTC>1</MontantTTC><MontantNetAPayer>1</MontantNetAPayer>
</Montants></DonneesFacture>
</CPPFactureMixteUnitaire>
</CPPFactures></CPPFactureMixte>"""
