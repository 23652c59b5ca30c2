#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes src/util/words.cpp, the list that generated passphrases are drawn from.

usage: make_words.py > words.cpp

2048 words, so that each is worth 11 bits: first the syllables below, common ones of Vietnamese
without their marks; then pairs of two short syllables, taken in a fixed order until it is enough.
Whoever reads Vietnamese can spell, say and hear all of them, and any keyboard can type them:
a-z only, 3 to 6 letters. The first four letters tell every word from all others, and no word is
the beginning of another.
A passphrase in use consists of these words: the list may grow, but never lose or change one.
"""
import hashlib

COUNT = 2048
SYLLABLES = """
bach bai bam bang banh bao bat bay benh beo bep bet bia bich bien biet bieu binh bit boa boc bom
bong bot bua buc bui bung buoc buom buon but buu buy cach cai cam cang canh cao cap cat cau cay
chac chai cham chan chao chat chau chay chen cheo chep chia chieu chim chinh chip chit chiu
choang choc choi chom chon chop chot chua chuc chui chum chung chuoi chup chut chuyen coi com
cong cop cot cua cuc cue cum cung cuoc cuoi cuon cuop cup cuu dac dang danh dao dat dau day dem
den det deu dia dich dien diep diet dieu dinh dip diu doan doc doi dom dong dop dot dua duc due
dung duoc duoi duong dup dut duyet gach gai gam gang ganh gao gap gat gau gay ghen ghep ghet
ghim giac giai giam gian giao giap giau giay gieng gieo gioi giong giot giua giuc giuong goc goi
gom gong gop got guoc guong guy hac hai ham hang hanh hao hat hau hay hem hen heo hep het hiem
hien hieu hinh hit hoac hoai hoan hoat hoc hoe hoi hom hop hot hua hue hum hung huong huu huyen
huynh kem kenh keo kep ket keu khac khai khan khao khap khau khay khenh kheo khia khich khien
khim khoa khoe khoi khom khong khop khuc khue khung khuon khuyen kia kich kiem kien kiep kieu
kim kinh kip kit lac lai lam lang lanh lao lap lat lau lay lech lem lenh leo lep let leu lich
liem lien liet lieu lim linh loai loan loat loc loi long lop lot luan luat luc lue lui lung luoc
luoi luom luong luot lup luu luyen mach mai mam manh mao map mat mau may mem menh meo mep met
mia mien mieu mim minh mit moa moi mom mong mot mua muc mui mung muoi muon muop muot mut nach
nai nam nang nao nap nat nau nay nem nen neo net neu ngach ngai ngam ngan ngat ngau ngay nghe
nghia ngoai ngoc ngoi ngon ngot ngua ngung nguoi nguyen nhac nhai nham nhan nhap nhat nhau nhay
nhen nhieu nhim nhin nhip nhom nhon nhuan nhung nhuong nia niem nieu ninh nit niu noi nom nong
nop nua nuc nui nuoc nuoi nuong phac phai pham phan phao phap phat phau phay phe phia phich
phien phim phin phoa phom phong phuc phuong phut quai quan quat quay quen quit quyen quynh rac
rai ram rang ranh rap rat rau ray ren reo rich riem rieng riet rinh riu roc roi rom rong rot rua
ruc rui rum run ruoc ruoi ruong rup rut sach sai sam sang sanh sao sap sat sau say sec sen sep
siem sim sinh sip soan soat soc som song sua suc sum sung suoi suot sup suy tach tai tam tang
tanh tao tap tat tau tay tec tem ten tep tet teu thac thai tham thanh thao thap that thau thay
them then theo thep theu thich thieu thin thit thoat thoc thoi thom thong thot thua thuc thue
thung thuoc thut thuy tia tich tiec tiem tieng tiep tiet tieu tim tinh tip toai toan toc toi tom
tong top tot trac trai tram trang trao trap trat trau trech trem treo trich trien trim trinh
troi trong truc true trum trung truong truu truy tuan tuc tum tung tuoc tuoi tuong tuyen vach
vai vang vanh vao vat vay ven viec vien viet vinh vit voc voi vong vua vuc vui vung vuong vuot
vut xac xam xang xanh xao xap xau xay xem xen xep xich xiec xien xiu xoai xoan xoay xoc xoe xoi
xom xong xuan xuat xuc xung xuong xuyen
""".split()

SHORT = [c + v for c, vowels in [(c, "aeiou") for c in "bdhlmnrstvx"] +
         [("c", "aou"), ("g", "aiou"), ("k", "ei")] for v in vowels]
WIDE = [c + v for c in ("ch", "kh", "nh", "ph", "th", "tr") for v in "aeiou"]
# What would be read as something rude, or as a word that has no place in an office.
RUDE = {"dume", "duma", "dime", "dima", "loni", "lono", "cacu", "sida", "sexe", "sexi", "homo",
        "nude", "nudi", "niga", "nigo", "dido", "dito", "dide", "lodi", "ditu", "cudi", "cube",
        "hitle", "nazi", "bude", "lode", "duti", "tuma"}


def order(text):
    """A fixed order that looks like none, so that no letter is preferred."""
    return hashlib.sha256(text.encode()).digest()


def words():
    chosen, starts = [], set()

    def free(word):
        clash = any(word[:4] == other[:4] or word.startswith(other) or other.startswith(word)
                    for other in by_letter.get(word[:2], []))
        return not clash and word not in RUDE

    by_letter = {}

    def add(word):
        chosen.append(word)
        by_letter.setdefault(word[:2], []).append(word)

    for word in SYLLABLES:
        assert free(word) and 3 <= len(word) <= 6, word
        add(word)
    shapes = ([a + b for a in SHORT for b in SHORT],
              [a + b for a in WIDE for b in SHORT],
              [a + b for a in SHORT for b in WIDE])
    # Pairs of one shape begin with different three letters while that gives enough.
    for letters, pairs in zip((3, 4, 4, 4), shapes + shapes[:1]):
        for word in sorted(pairs, key=order):
            start = word[:letters]
            if len(chosen) < COUNT and start not in starts and free(word):
                starts.add(start)
                add(word)
    assert len(chosen) == COUNT, len(chosen)
    return sorted(chosen)


def main():
    print("""// SPDX-License-Identifier: Apache-2.0
// Made by make_words.py, which says how; don't edit.
#include "util/words.hpp"

#include <algorithm>
#include <array>

namespace saoluu::util {
namespace {

// clang-format off
constexpr std::array<std::string_view, 2048> kWords = {""")
    line = "   "
    for word in words():
        item = f' "{word}",'
        if len(line) + len(item) > 100:
            print(line)
            line = "   "
        line += item
    print(line)
    print("""};
// clang-format on

} // namespace

std::span<const std::string_view> passphrase_words() {
    return kWords;
}

bool is_passphrase_word(std::string_view word) {
    return std::binary_search(kWords.begin(), kWords.end(), word);
}

} // namespace saoluu::util""")


if __name__ == "__main__":
    main()
