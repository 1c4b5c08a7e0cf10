/** The app's own words. The language is the phone's, and English where there are no words for it. */
import { getLocales } from "expo-localization";

const en = {
  home: "Home",
  search: "Search",
  follow: "Topics",
  inbox: "Alerts",
  settings: "Settings",
  sections: "Sections",
  article: "Article",
  story: "Story",
  breaking: "Breaking",
  refresh: "Refresh",
  loading: "Loading…",
  noConnection: "No connection.",
  offline: "No connection. This is what was loaded last.",
  notKept: "No connection, and this was not opened before.",
  gone: "This is no longer here.",
  failed: "This did not work. Try again later.",
  whole: "You have seen everything.",
  nothingFollowed: "Articles of the topics you follow appear here.",
  chooseTopics: "Choose topics",
  nothingHere: "Nothing has been published here yet.",
  nothingFound: "No article has these words.",
  noAlerts: "No alerts so far.",
  words: "Words to look for",
  topicName: "Find a topic",
  followed: "Followed",
  suggested: "Much read now",
  doFollow: "Follow",
  doUnfollow: "Following",
  original: "Read at the publisher",
  tellings: "Who else tells it",
  related: "More about this",
  storyOnWeb: "The whole story on the web",
  quietHours: "Quiet hours",
  from: "From",
  to: "To",
  timeForm: "Hours and minutes, such as 22:00",
  overrides: "Breaking news may come in quiet hours",
  save: "Save",
  saved: "Saved.",
  erase: "Erase my data",
  eraseAll: "Yes, erase everything",
  erased: "Your data is erased, here and at the server.",
  ownId: "Your id here, to name when you write to us:",
  pasteLink: "Did you come from a link? Paste it here.",
  openLink: "Open",
  close: "Close",
  back: "Back",
};

export type Texts = { [Name in keyof typeof en]: string };

const ar: Texts = {
  home: "الرئيسية",
  search: "بحث",
  follow: "المواضيع",
  inbox: "التنبيهات",
  settings: "الإعدادات",
  sections: "الأقسام",
  article: "مقال",
  story: "القصة",
  breaking: "عاجل",
  refresh: "تحديث",
  loading: "جارٍ التحميل…",
  noConnection: "لا يوجد اتصال.",
  offline: "لا يوجد اتصال. هذا آخر ما تم تحميله.",
  notKept: "لا يوجد اتصال، ولم يُفتح هذا من قبل.",
  gone: "لم يعد هذا موجودًا.",
  failed: "لم ينجح ذلك. حاول لاحقًا.",
  whole: "لقد رأيت كل شيء.",
  nothingFollowed: "تظهر هنا مقالات المواضيع التي تتابعها.",
  chooseTopics: "اختر المواضيع",
  nothingHere: "لم يُنشر شيء هنا بعد.",
  nothingFound: "لا يوجد مقال بهذه الكلمات.",
  noAlerts: "لا توجد تنبيهات حتى الآن.",
  words: "كلمات البحث",
  topicName: "ابحث عن موضوع",
  followed: "تتابعها",
  suggested: "الأكثر قراءة الآن",
  doFollow: "تابِع",
  doUnfollow: "تتابعه",
  original: "اقرأ لدى الناشر",
  tellings: "من يرويها أيضًا",
  related: "المزيد حول هذا",
  storyOnWeb: "القصة كاملة على الويب",
  quietHours: "ساعات الهدوء",
  from: "من",
  to: "إلى",
  timeForm: "ساعات ودقائق، مثل 22:00",
  overrides: "يجوز وصول الأخبار العاجلة في ساعات الهدوء",
  save: "حفظ",
  saved: "تم الحفظ.",
  erase: "امحُ بياناتي",
  eraseAll: "نعم، امحُ كل شيء",
  erased: "مُحيت بياناتك هنا وعلى الخادم.",
  ownId: "معرّفك هنا، لتذكره إذا كتبت إلينا:",
  pasteLink: "هل أتيت من رابط؟ ألصقه هنا.",
  openLink: "افتح",
  close: "إغلاق",
  back: "رجوع",
};

const RIGHT_TO_LEFT = ["ar", "fa", "he", "ur"];

const phone = getLocales()[0];

export const language = phone?.languageCode === "ar" ? "ar" : "en";
export const texts: Texts = language === "ar" ? ar : en;

export function directionOf(code: string | null): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.includes((code ?? "").split("-")[0] ?? "") ? "rtl" : "ltr";
}

/** Words of another language within a line of the app's: neither turns the other around. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

/** A time as it is written in the country of the phone. */
export function written(time: string): string {
  const locale = phone?.languageCode === language ? phone.languageTag : language;
  return new Date(time).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}
