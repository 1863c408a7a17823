"""This module counts words of pleasure and annoyance, turned round where they are denied."""

from collections.abc import Iterator, Sequence

_GLAD = """
    good great nice love loves loved lovely like likes enjoy enjoyed excellent awesome amazing fantastic wonderful brilliant
    perfect perfectly superb cool happy glad pleased pleasant delighted grateful thankful thanks thank thx cheers beautiful
    neat helpful useful handy smooth smoothly easy easier easily fast faster quick works worked well better best fun
    impressed impressive elegant clever appreciate appreciated congratulations congrats kudos bravo yay hooray relieved
    relief calm recommend recommended favourite favorite finally solid reliable joy pleasure welcome wow kind friendly
    bra bäst bättre toppen kanon kanonbra jättebra superbra suverän suveränt underbar underbart fantastisk fantastiskt
    perfekt smidig smidigt snabb snabbt snyggt snygg fin fint fina härlig härligt skön skönt nöjd nöjda glad glada älskar
    gillar uppskattar tack tackar tacksam tacksamma roligt kul trevlig trevligt hjälpsam hjälpsamma lätt enkelt äntligen
    imponerad imponerande duktiga grattis heja lugn lugnt rekommenderar välgjort
"""
_SORRY = """
    bad worse worst terrible horrible awful hate hates hated annoying annoyed annoys angry furious frustrated frustrating
    frustration useless pointless stupid ridiculous nonsense joke disaster nightmare mess messy ugly broken sucks crap crappy
    rubbish garbage trash shame shameful disappointed disappointing disappointment unacceptable unusable impossible painful
    pain pathetic lousy poor poorly slow sad unhappy upset sick tired fed confusing confused confuses embarrassing insane
    horrid wrong fail fails failed failing lost worried scared afraid sorry unfortunately damn hell wtf wasted waste ugh
    grr argh sigh seriously unfair unreliable clumsy bloody desperate useless hopeless ignored nobody
    dålig dåligt dåliga sämre sämst värdelös värdelöst hemsk hemskt usel uselt irriterande irriterad arg arga frustrerad
    frustrerande besviken besvikna skandal skit skräp trasig trasigt krångligt krånglig jobbigt rörigt rörig förvirrande
    oacceptabelt orimligt omöjligt pinsamt katastrof mardröm tyvärr synd ledsen ledsna orolig oroliga rädd hatar trött trötta
    less tröttsamt fult dumt löjligt onödigt långsamt segt fel skäms förlorat aldrig
"""
_DENIES = """
    not no never without hardly barely isn't wasn't aren't weren't don't doesn't didn't can't couldn't won't wouldn't
    inte aldrig ej utan inga inget ingen knappt
"""
GLAD, SORRY, DENIES = frozenset(_GLAD.split()), frozenset(_SORRY.split()), frozenset(_DENIES.split())
_REACH = 3
_MOST = 4


def feelings_in(words: Sequence[str]) -> Iterator[str]:
    """One mark for each feeling word, up to a few of each: "feelglad", or "feelsorry"; denied pleasure is annoyance."""
    left = {"feelglad": _MOST, "feelsorry": _MOST}
    for at, word in enumerate(words):
        if word not in GLAD and word not in SORRY:
            continue
        denied = any(before in DENIES for before in words[max(0, at - _REACH) : at])
        mark = "feelglad" if (word in GLAD) != denied else "feelsorry"
        if left[mark] and not (denied and word in SORRY):
            left[mark] -= 1
            yield mark
