/* Yours: loaded after app.js, as soon as there is more than this comment. */
