// Yours, loaded after app.js. Updates of the template leave it alone.
