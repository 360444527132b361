/** The index of the end of a word, after the letters. */
export const WORD_END = 26;

/**
 * The cost in English that a letter (the rows), or the beginning of a word (the last row), is followed by a letter (the
 * columns), or by the end of the word (the last column): half bits, as base-36 digits. Measured on documentation. Words
 * may follow each other without a blank.
 */
export const ENGLISH_PAIRS: readonly string[] = [
  'da99feadaeb796fah686bcdfbf8',
  '5dde6gff7cg6df6fi8ad6gfhaha',
  '6gbf7gg69h89fg5eh9c79fhiei9',
  '7cca5edd6efbdd8dhb9d9eehdg4',
  '9c87bbcedge9a7eae679fcdadg6',
  '7fde78gg5fg9ed6fi8ba8hghai7',
  '7ccd6eb97geac98dh8ab8gdheg5',
  '5fee5ggf6hgdce6ehac99heidi7',
  '9b8aabagffd8947bga87gbgdfc9',
  '4edd5ged7fceee7dfe7e7ecgfg9',
  '5eee5eea6geddc7chb9c8fbich6',
  '6eea5eef5ge7ee7difaa9egi8h7',
  '48fd5ggh6hgdae77ifbe9gfheh8',
  '7e978c5e8ecdec9dhe86bdficf6',
  'cbaaecbfcfb985b9h6998aaffg8',
  '5ged6geb8if7eg79i6b89ggidi9',
  '8gefdffeaegaefceecbd1ecfgf7',
  '6dbb4ebf6hccbb7dia99aefibh7',
  '9eae6ef97hbccd9agd869fdhch5',
  '7fbe5ef75ggbef8di89aagehbg6',
  '99ab9daf9fc786e9h677ffefef9',
  '5geg3hfh5hgefd9fiebfdghgeh9',
  '4eee6gf76hfdf97fi99dchehfh8',
  '8d8d7dfd6eecbeb5heb6dgecdg6',
  '6cbc9dce9fdbaa88hb8aaedhff3',
  '4eee4gda6fecdd8efdde9gegcc8',
  '8989aabb9dba9aa8f978bcbgef4',
];

/** The same in seventeen other languages, and in the names of people and places. */
export const OTHER_PAIRS: readonly string[] = [
  'ca99eebcada796dbg788bcdgcc6',
  '4dfh5ggf6dg7fe7gj8be7heibhb',
  '5hcf7hh56eabge5fiad9ahiifc9',
  '5efd4fed6eecec6diabe9fehed8',
  'bc9accbdbeb896ebg679dcecfd6',
  '7ffd78eg4fg9ff6ei8ba8hgieh9',
  '6ced5gbb7gdada7di8ac7gdheg7',
  '4ffd5gge6geadc7fiada7feieh7',
  '8b8a8baeeca9969cf978ebffec7',
  '4ffc4ggg7gccdc7ejf9d7fgjhf9',
  '4fef7hfa7hcaed6diaa98fdich7',
  '5eeb5ede5ed8dc7eigb98eghdg8',
  '48fe5gfg6hfdad78ifcd9ggifh8',
  '7ea77d7d7dceec8ehf97adgibe6',
  'cba9ddbeceb885cag68aaabgfc6',
  '5fce6fec8he8fe5ai6ba8ggifh9',
  '8hggdiiiaihaggdhggec1ibjhia',
  '5dca5ebe6gccab7dhba99deidc7',
  '7e9e6fea7g9bdd9age969eficc6',
  '5fde5ffa6geced7ei8aa9ffhce7',
  '8aab9cbe9ca886dah778edefdc8',
  '4gef4hgi6ggdgc6gjbcfbgiibgb',
  '3fee5gfe6iedgb7ejcbfbifi8f9',
  '7c9e7dee5hddcfa7ifd5bfebce6',
  '5c9c8ece9dbb9a89ib899eciee5',
  '4ddc5hdd6fdcc98dhedc9eci9c9',
  '8999ababad9a9aa8fa79bbcgec4',
];
