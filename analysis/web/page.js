/* page.js -- what the parts of a report share. */
"use strict";

/* An element with attributes (functions are listeners) and children. */
function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
        if (typeof value === "function") element.addEventListener(name, value);
        else if (value === true) element.setAttribute(name, "");
        else if (value !== false && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
}

function dataOf(id) {
    const element = document.getElementById(id);
    return element === null ? null : JSON.parse(element.textContent);
}

function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

/* A step of 1, 2 or 5 times a power of ten, so that about `count` of them fit. */
function niceStep(range, count) {
    const power = Math.pow(10, Math.floor(Math.log10(range / count))), ratio = range / count / power;
    return power * (ratio < 1.5 ? 1 : ratio < 3.5 ? 2 : ratio < 7.5 ? 5 : 10);
}
