/** Plain English to cut texts from, where a benchmark brings none of its own. */
export const passage = `The harbour was quiet when the first boats came in, and the women on the pier had already set out their
baskets. It had rained all night; the planks were dark, the ropes heavy, and a thin mist still hung between the masts. A boy ran
along the wall with a loaf under his arm, shouting that the big trawler had been seen beyond the lighthouse. Nobody hurried. They
knew how long it takes to round the point against the tide, and how little there is to do until then but to drink coffee and talk
about the price of herring. Later in the morning a small crowd gathered near the scales. The dealer from the city wrote numbers
in his book, looked at the sky, and offered less than the week before. There was some laughter, then an argument about diesel,
about quotas and the new rules for nets, about a nephew who had sold his share and opened a shop for bicycles two streets up the
hill. The older men said that the sea had changed: warmer, stranger, full of fish whose names they had to ask. A teacher who had
brought her class explained what plankton is and why it matters, while the children counted gulls and threw crumbs at them. By
noon the market was over. Water ran over the stones, carts rolled away, and the whole place smelled of salt, tar and oranges from
a crate that had fallen open. Two painters argued about the colour of the roofs. Somebody played an accordion, not very well, and
the dog of the harbour master slept in the only patch of sun. In the evening the wind turned north; windows closed one after the
other, and the light on the point began its slow round again, as it has done every night for more than a hundred years.`;
