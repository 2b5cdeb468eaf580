/* quantities.js -- numbers as the program writes them, and as readers type them: 1.400 GB, 160.7 ms, 27 %. */
"use strict";
const Quantities = (() => {
    const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];
    const NUMBER = 0, BYTES = 1, SECONDS = 2, RATE = 3, SHARE = 4, TIMES = 5;
    const UNITS = {[BYTES]: "B", [RATE]: "B/s"};

    function four(value) {
        return value.toPrecision(4).replace(/e\+?(-?\d+)$/, " x 10^$1");
    }

    function seconds(value) {
        if (value === 0) return "0 s";
        if (value >= 7200) return four(value / 3600) + " h";
        if (value >= 60) return four(value / 60) + " min";
        if (value >= 0.9999999) return four(value) + " s";
        if (value >= 0.9999999e-3) return four(value * 1e3) + " ms";
        if (value >= 0.9999999e-6) return four(value * 1e6) + " us";
        return four(value * 1e9) + " ns";
    }

    function plain(value) {
        return Math.abs(value - Math.round(value)) < 1e-9 * Math.max(1, Math.abs(value)) && Math.abs(value) < 1e6
            ? String(Math.round(value)) : String(Number(value.toPrecision(4)));
    }

    function write(value, unit) {
        if (unit === SECONDS) return seconds(value);
        if (unit === SHARE) return Number((100 * value).toPrecision(4)) + " %";
        if (unit === NUMBER || unit === TIMES) return plain(value);
        let power = 0;
        value *= 1 + 1e-12;
        while (power < 6 && Math.abs(value) >= 999.95) { value /= 1000; power++; }
        return (power === 0 ? String(Number(value.toPrecision(6))) : four(value)) + " " + PREFIXES[power] + UNITS[unit];
    }

    const SUFFIXES = {
        [NUMBER]: {"": 1}, [TIMES]: {"": 1, x: 1}, [SHARE]: {"": 1, "%": 0.01},
        [SECONDS]: {"": 1, s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9, m: 60, min: 60, h: 3600},
    };

    /* The value that is meant, or NaN. */
    function parse(text, unit) {
        const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(.*)$/.exec(text.replace(/[\s,]/g, ""));
        if (match === null) return NaN;
        if (unit in SUFFIXES) return match[2] in SUFFIXES[unit] ? match[1] * SUFFIXES[unit][match[2]] : NaN;
        const suffix = /^([kMGTPE]?)(i?)(B|b|)(ps|\/s)?$/.exec(match[2]);
        if (suffix === null || (suffix[2] !== "" && suffix[1] === "")) return NaN;
        const scale = (suffix[2] ? 1024 : 1000) ** PREFIXES.indexOf(suffix[1]);
        return match[1] * scale / (suffix[3] === "b" ? 8 : 1);
    }

    return {NUMBER, BYTES, SECONDS, RATE, SHARE, TIMES, write, parse};
})();
