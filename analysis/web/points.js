/* points.js -- tables that can be sorted: a button in each head of a column. */
"use strict";
(() => {
    function key(cell) {
        const value = cell.dataset.value;
        return value === undefined ? cell.textContent.trim() : Number(value);
    }

    function compare(a, b) {
        if (typeof a === "number" && typeof b === "number") return a - b;
        if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
        return a.localeCompare(b, "en", {numeric: true});
    }

    function sortBy(table, column, head) {
        const ascending = head.getAttribute("aria-sort") !== "ascending", body = table.tBodies[0];
        const rows = [...body.rows].map(row => [key(row.cells[column]), row]);
        rows.sort((a, b) => ascending ? compare(a[0], b[0]) : compare(b[0], a[0]));
        body.append(...rows.map(entry => entry[1]));
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    }

    for (const table of document.querySelectorAll("table.sortable"))
        [...table.tHead.rows[0].cells].forEach((head, column) => {
            const name = head.textContent;
            if (name === "") return;
            head.replaceChildren(make("button", {type: "button", click: () => sortBy(table, column, head)}, name));
        });
})();
