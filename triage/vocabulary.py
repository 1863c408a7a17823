"""This module knows how people speak of software in English and Swedish: stems, stop words, and what means the same.

Each group of `CONCEPTS` is one thought told in many ways; `_` joins the words of a phrase, and a word that ends in `*`
stands for all words that begin so.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?")
LONGEST_PHRASE = 4

_STOP_WORDS = """
    a about after all also am an and any are as at be because been but by can could did do does doing done
    for from get gets got had has have he her here him his how i if im in into is it its ive just let like
    make may me might my no now of off on one only or other our out over please really said same say see she
    should since so some such than that the their them then there these they thing this those to too under
    up us very was way we were what when where which while who why will with would yes yet you your alla
    allt att av bara blev bli blir de dem den denna deras dess det detta dig din dina ditt du där efter
    eller en er ett finns fick från få får för ha hade han har hej henne hennes hon honom hos här ju kan
    kommer kunde kunna man med mej men mig min mina mitt mot mycket ni nog nu när något några och också om
    oss på sedan ser sig sin sina sitt ska skulle som så tack till upp ut var vara varit vi vid vill är över
    åt än ändå
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

CONCEPTS = {
    "login": """
        login* loggin* logon* signin* sso log_in logs_in logged_in logging_in sign_in signs_in signed_in
        signing_in get_in let_me_in lets_me_in single_sign_on inlogg* logga_in loggar_in loggat_in loggas_in
        loggade_in komma_in kommer_in släpps_in släpper_in bankid""",
    "logout": """
        logout* logoff* log_out logs_out logged_out logging_out sign_out signs_out signed_out kicked_out
        kicks_me_out thrown_out throws_me_out session_expired session_expires session_ended utlogg* logga_ut
        loggar_ut loggas_ut loggades_ut kastas_ut kastar_ut slängs_ut""",
    "password": "password* passcode* passphrase* lösenord* pinkod*",
    "onetimecode": """
        otp 2fa mfa totp authenticator one_time_code verification_code security_code sms_code engångskod*
        verifieringskod* säkerhetskod* sms_kod""",
    "slow": """
        slow* sluggish* lag lags laggy lagging latency crawl* spinning spinner* hang hangs hanging endless*
        p95 p99 takes_forever taking_forever took_forever takes_ages takes_minutes never_finishes
        keeps_loading never_loads still_loading takes_long too_long response_time långsam* seg segt sega
        segar trög* laggar snurr* evighet* tar_lång_tid tar_evigheter laddar_aldrig står_och_snurrar
        väntetid* svarstid*""",
    "timeout": """
        timeout* time_out times_out timed_out timing_out gateway_timeout no_response 504 408 svarar_inte
        tidsgräns*""",
    "crash": """
        crash* freez* froze frozen segfault* shuts_down shut_down white_screen blank_screen blank_page
        black_screen white_page empty_page stops_responding closes_itself krasch* fryser frös hängt hänger
        låser_sig vit_sida vit_skärm tom_sida stänger_ner stänger_ned stänger_av_sig lägger_av""",
    "down": """
        down unavailable outage* offline unreachable instancedown 503 502 521 service_unavailable
        bad_gateway not_reachable cannot_reach can't_reach cant_reach doesn't_open won't_open doesn't_load
        won't_load not_loading driftstopp* avbrott* onåbar* otillgänglig* ligger_nere ligger_ner nere
        går_inte_att_nå går_ej_att_nå öppnas_inte laddas_inte laddar_inte""",
    "error": """
        error* fail* exception* 500 broken breaks broke bug bugs buggy fault* something_went_wrong
        does_not_work doesn't_work doesnt_work not_working not_work won't_work stopped_working
        no_longer_works nothing_happens fel felet felmeddelande* felkod* trasig* misslyck* krånglar
        fungerar_inte fungerar_ej funkar_inte funkar_ej gick_fel går_fel går_inte gick_inte händer_inget
        händer_ingenting slutat_fungera""",
    "pay": """
        pay pays paid paying payment* checkout* card cards credit_card visa mastercard swish billing charge
        charged charges purchase* transaction* check_out betal* kort kortet kortköp* kassa kassan köpet köpa
        debiter*""",
    "refund": """
        refund* money_back chargeback* reimburse* returned_goods återbetal* pengarna_tillbaka
        pengar_tillbaka retur* returer*""",
    "invoice": "invoice* bill bills faktur* räkning*",
    "held": "reserved hold holds pending authorisation* authorization* uncaptured reserver* reservation_kvar",
    "receipt": "receipt* confirmation* kvitto* bekräftelse* orderbekräftelse*",
    "cancel": "cancel* abort* call_off unsubscribe* avbok* avbryt* avbeställ* säga_upp",
    "remove": "delete deletes deleted deleting remove* removal erase* radera ta_bort tar_bort tagit_bort",
    "change": """
        change changes changed changing edit edits edited editing modify modifies correct_it ändra* ändrar
        redigera*""",
    "mismatch": """
        mismatch* incorrect* inconsistent discrepan* differ differs don't_match doesn't_match not_match
        wrong_number wrong_amount stämmer_inte stämmer_ej avviker skiljer_sig olika_siffror""",
    "stale": """
        stale outdated cached cache old_version old_price out_of_date obsolete not_updated inaktuell*
        föråldrad* gammal gamla uppdateras_inte""",
    "again": "again re_enter retype start_over repeat* over_and_over once_more igen på_nytt om_och_om upprepa*",
    "stuck": """
        stuck frozen_at hangs_at never_moves no_progress fastnat fastnar sitter_fast står_stilla
        kommer_inte_vidare""",
    "status": "status tracking_page progress statusen spårning* spåra spårar",
    "reset": "reset* restore restores restored återställ* nollställ*",
    "appointment": """
        appointment* slot slots visit visits time_slot timeslot* besök* bokad_tid tidbok* läkartid*
        tid_bokad""",
    "label": "label labels barcode* scanner* scan scans scanning qr etikett* streckkod* skann*",
    "map": "map maps location gps position* karta kartan plats*",
    "characters": """
        garbled encoding utf special_characters accents umlaut* question_marks mojibake konstiga_tecken
        tecken specialtecken* å_ä_ö""",
    "rounding": "rounding rounded decimal* cents comma öre öres avrund* kommatecken*",
    "currency": "currency currencies euro euros dollar dollars pounds kronor valuta* exchange_rate växelkurs*",
    "cookies": "cookie* consent gdpr tracking_pixel samtycke* kakor integritet*",
    "source": "source sources citation* cites cited quoting källa källor källhänvisning* hänvisar citerar",
    "answer": "answer answers answered replies reply replied response responses svar svaret svarar svarade",
    "conversation": "conversation* chat chats dialogue thread history samtal* konversation* chatt chatten",
    "tokens": "token tokens spend budget llm_cost prompt_length kostnad kostnader",
    "browser": "browser* safari chrome firefox edge webbläsar*",
    "keyboard": "keyboard* cursor focus screen_reader shortcut* tangentbord* skärmläsar* markör*",
    "dark": "dark_mode night_mode theme themes mörkt_läge mörkt tema",
    "sorting": "sort sorts sorted sorting sort_order alphabetical sorter* sortering* ordning",
    "points": """
        loyalty bonus points gift_card giftcard* voucher_balance bonuspoäng* poäng presentkort*
        medlemspoäng*""",
    "quantity": "quantity quantities count counts how_many antal antalet kvantitet*",
    "limit": "limit limits maximum max_size too_large too_big too_many gräns* för_stor för_många maxstorlek* högst",
    "size": "size sizes sizing storlek*",
    "copy": "copy copies copied paste pasted clipboard kopier* klistra*",
    "menu": "menu menus navigation sidebar meny* menyn navigering*",
    "video": "video videos audio sound camera microphone ljud ljudet kamera* mikrofon* bild_och_ljud",
    "sign": "signature* e_sign sign_the signing_document signatur* underskrift* underteckna* signera*",
    "shared": "shared share sharing public_link delad delas dela länk_till",
    "member": "member members subscription* subscribe* subscriber* medlem* prenumer* abonnemang*",
    "delayed": """
        late delay* overdue not_arrived never_arrived never_came didn't_arrive försen* sen_leverans
        kom_aldrig kommer_aldrig dröjer""",
    "warehouse": "warehouse* picking packing dispatch lagerpersonal* plocklist* packning*",
    "customs": "customs tariff duty tull tullen tulldeklaration*",
    "night": "night nightly overnight midnight batch_job natten nattlig* midnatt nattjobb*",
    "weekend": "saturday* sunday* weekend* lördag* söndag* helg helgen helger",
    "holiday": "holiday* christmas easter midsummer helgdag* röd_dag semester*",
    "loop": """
        loop loops circles redirect* round_in_circles bounced bounces back_to_the_start slinga runt_runt
        skickas_tillbaka omdirig*""",
    "zero": "zero nought 0 noll",
    "negative": "negative minus negativ negativt",
    "name": "name names surname first_name last_name namn namnet efternamn* förnamn*",
    "phonenumber": "phone_number mobile_number telephone_number telefonnummer* mobilnummer*",
    "idnumber": """
        personal_number social_security customer_number account_number personnummer* kundnummer*
        kontonummer*""",
    "twice": """
        twice double doubled duplicate* two_times 2x more_than_once multiple_times dubbel* dubbla dubblett*
        dubbelt två_gånger flera_gånger""",
    "basket": "basket* cart carts shopping_bag kundvagn* varukorg* kundkorg* korgen",
    "order": "order orders ordered ordering booking* booked reservation* beställ* bokning* bokade ordern ordrar*",
    "gone": """
        empty empties emptied blank vanish* gone disappear* missing lost lose losing loses cleared wiped tom
        tomt tomma försvinn* försvann försvunn* saknas borta tappar tappat förlorat raderat raderad*""",
    "save": "save saves saved saving submit* spara* sparad sparat inskick* skicka_in skickar_in",
    "upload": "upload* attach* ladda_upp laddar_upp uppladdning* bifog* bilaga* bilagor*",
    "download": "download* export* csv xlsx ladda_ner laddar_ner ladda_ned laddar_ned nedladdning* exporter*",
    "print": "print* pdf skriv_ut skriver_ut skriva_ut utskrift* skrivare*",
    "picture": "picture* image* photo* thumbnail* icon icons bild bilder bilden bilderna foto* ikon*",
    "search": "search* find finds lookup* filter* query sök* hitta hittar hittas träff* filtrer*",
    "date": "date dates calendar* timezone* time_zone wrong_day off_by_one datum* kalender* tidszon*",
    "mail": "mail mails email* e_mail inbox* mejl* e_post epost* inkorg*",
    "notice": "notification* notif* push reminder* sms text_message text_messages notis* påminnelse* avisering*",
    "phone": """
        phone phones mobile iphone android ios tablet* ipad handset* app apps mobil* telefon* surfplatta*
        appen""",
    "address": "address* postcode* zipcode* postal zip_code post_code adress* postnummer* postnumret",
    "deliver": "deliver* shipping shipped shipment* parcel* courier tracking leverans* leverer* frakt* paket*",
    "price": """
        price* pricing total totals amount* sum vat discount* coupon* voucher* promo* pris priset priser*
        summa* belopp* moms* rabatt* kupong* kampanjkod*""",
    "permission": """
        permission* access forbidden unauthorized unauthorised denied 401 403 role roles not_allowed
        behörig* åtkomst* nekas nekad tillgång* rättighet*""",
    "security": """
        security vulnerab* breach* leak* hacked hacker exploit* phish* exposed xss injection säkerhet*
        intrång* läck* sårbar* hackad*""",
    "otherpeople": """
        someone_else somebody_else someone_else's other_people other_customers other_users other_people's
        another_customer another_user wrong_person stranger* annan_kund andra_kunder någon_annan annans
        fel_person""",
    "ratelimit": """
        429 throttl* ratelimit* quota* rate_limit rate_limited rate_limiting rate_limits too_many_requests
        för_många_anrop""",
    "invalid": """
        invalid* reject* refus* declin* validation not_accepted doesn't_accept won't_accept not_valid 400
        422 ogiltig* avvis* nekas accepterar_inte accepteras_inte godtar_inte tar_inte_emot""",
    "assistant": """
        assistant* chatbot* bot bots copilot llm gpt* chat_bot ai_assistant assistent* chattbot* chatbott*
        botten boten""",
    "madeup": """
        hallucinat* invent invents invented fabricat* nonsense untrue made_up makes_up making_up hittar_på
        hittat_på påhittad* hittade_på""",
    "forgets": """
        forget* forgot* remember* loses_context lost_context starts_over from_scratch glömm* glöm minns
        kommer_ihåg kom_ihåg börjar_om""",
    "button": "button* click* tap taps tapping press presses pressed knapp* klick* trycka trycker tryck",
    "page": "page pages screen* website* site portal sida sidan sidor* skärm* vyn webbplats* sajt* portalen",
    "form": "form forms field fields input textbox* formulär* fält* rutan",
    "report": "report reports dashboard* chart charts graph* statistic* rapport* diagram* statistik*",
    "language": "language* translat* english swedish språk* översätt* engelska svenska",
    "sync": "sync* integration* webhook* connector* synk* koppling* kopplingen",
    "migration": "migrat* import imports imported cutover migrer* flytten importer*",
    "database": "database* postgres* sql mysql deadlock* connection_pool databas*",
    "certificate": "certificate* tls ssl certifikat*",
    "deploy": """
        deploy* release releases released update updates updated upgrade* uppdater* release* driftsätt*
        ny_version new_version""",
    "stock": "stock inventory availability sold_out slutsåld* lagersaldo* i_lager",
    "account": "account accounts profile* konto* profil*",
    "document": "document* file files folder* dokument* filen filer filerna mapp*",
    "layout": "layout* overlap* cut_off misalign* alignment avklipp* överlapp* förskjut*",
    "contrast": """
        contrast readable unreadable font fonts too_small hard_to_read hard_to_see kontrast* läsbar*
        oläslig* teckensnitt* svårt_att_läsa svårt_att_se""",
    "documentation": """
        documentation docs manual manuals handbook* readme tutorial* dokumentation* handbok* manualen
        instruktion* lathund*""",
    "training": "training trained course courses lesson* onboarding utbild* kurs kursen upplär*",
    "thanks": """
        thanks thank love lovely awesome fantastic excellent perfect wonderful brilliant well_done good_job
        great_work tack tackar underbar* toppen fantastisk* suverän* kanon* jättebra älskar""",
    "wish": """
        wishlist suggestion* feature_request enhancement* would_be_nice would_be_great would_like would_love
        could_you_add please_add önskar önskemål* förslag* förbättring* vore_bra vore_fint skulle_vilja
        skulle_uppskatta lägg_till""",
}  # fmt: skip

_ENGLISH_ENDINGS = ("ingly", "edly", "ings", "ies", "ing", "ed", "es", "ly", "s")
_SWEDISH_ENDINGS = (
    "arna",
    "erna",
    "orna",
    "ande",
    "ende",
    "ades",
    "ade",
    "are",
    "ar",
    "er",
    "or",
    "en",
    "et",
    "na",
    "at",
    "as",
    "a",
    "n",
    "t",
)
_ONLY_SWEDISH = re.compile(r"[åäö]")
_KEPT_LETTERS = 3
_COMPOUND_LETTERS = 9
_TAIL_LETTERS = 5
_HUMP = re.compile(r"(?<=[a-z]{3})(?=[A-Z][a-z])")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The word without its common endings; light on purpose, since names and codes must survive."""
    word = word.removesuffix("'s").replace("'", "")
    if word.isdigit() or "_" in word:
        return word
    endings = _SWEDISH_ENDINGS if _ONLY_SWEDISH.search(word) else _ENGLISH_ENDINGS
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= _KEPT_LETTERS and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    if len(word) > _KEPT_LETTERS and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _KEPT_LETTERS + 1 else word


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, numbers and codes among them; InstanceDown is two words."""
    return WORD.findall(_HUMP.sub(" ", text).lower().replace("’", "'"))


def _read_concepts() -> tuple[dict[tuple[str, ...], str], dict[str, str]]:
    phrases: dict[tuple[str, ...], str] = {}
    beginnings: dict[str, str] = {}
    for concept, told in CONCEPTS.items():
        for phrase in told.split():
            if phrase.endswith("*"):
                beginnings.setdefault(phrase[:-1], concept)
            else:
                phrases.setdefault(tuple(stem(word) for word in phrase.split("_")), concept)
    return phrases, beginnings


_PHRASES, _BEGINNINGS = _read_concepts()
_LENGTHS = sorted({len(beginning) for beginning in _BEGINNINGS}, reverse=True)
_OPENERS = frozenset(phrase[0] for phrase in _PHRASES if len(phrase) > 1)


@lru_cache(maxsize=100_000)
def concept_of(word: str) -> str | None:
    """The thought that one word alone tells, if it tells one."""
    known = _PHRASES.get((stem(word),)) or _begins(word)
    if known or len(word) < _COMPOUND_LETTERS:
        return known
    tails = (word[at:] for at in range(_KEPT_LETTERS, len(word) - _KEPT_LETTERS))
    return next((concept for tail in tails if (concept := _begins(tail, at_least=_TAIL_LETTERS))), None)


def _begins(word: str, *, at_least: int = 0) -> str | None:
    return next((_BEGINNINGS[word[:n]] for n in _LENGTHS if n >= at_least and word[:n] in _BEGINNINGS), None)


def concepts_in(words: Sequence[str]) -> list[tuple[int, int, str]]:
    """Where the words tell a known thought: first word, how many words, the thought; longest phrase first."""
    stems = [stem(word) for word in words]
    found, at = [], 0
    while at < len(words):
        length, concept = _concept_at(words, stems, at)
        if concept:
            found.append((at, length, concept))
        at += length
    return found


@lru_cache(maxsize=1024)
def read_once(text: str) -> tuple[tuple[str, ...], tuple[tuple[int, int, str], ...]]:
    """The words of a text and the thoughts they tell, kept for those that ask again while its batch is read."""
    words = words_of(text)
    return tuple(words), tuple(concepts_in(words))


def _concept_at(words: Sequence[str], stems: Sequence[str], at: int) -> tuple[int, str | None]:
    if stems[at] in _OPENERS:
        for length in range(min(LONGEST_PHRASE, len(words) - at), 1, -1):
            concept = _PHRASES.get(tuple(stems[at : at + length]))
            if concept:
                return length, concept
    return 1, concept_of(words[at])
