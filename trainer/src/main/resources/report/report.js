// Draws the charts of a report: every element of class `chart` by the option of the same number in `charts`.
// Colours `var(--x)` come from the page's style and `js:x` is a function of this file, so that the charts are
// drawn anew when the reader's colour scheme changes or the page is printed.
(() => {
  'use strict';
  const escape = text => String(text).replace(/[&<>"]/g, c => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'})[c]);
  const number = value => Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(+(+value).toPrecision(4));

  const line = (from, to, colour) => ({
    type: 'line', shape: {x1: from[0], y1: from[1], x2: to[0], y2: to[1]}, style: {stroke: colour, lineWidth: 1.6},
  });

  const functions = {
    // x, low, high, place among the bars at x, number of them
    standing(params, api) {
      const band = api.size([1, 0])[0] * 0.8;
      const of = api.value(4);
      // As ECharts places bars: at most 46 wide, a third of a bar apart.
      const wide = of > 1 ? Math.min(46, band / (of + 0.3 * (of - 1))) : 0;
      const shift = (api.value(3) - (of - 1) / 2) * wide * 1.3;
      const low = api.coord([api.value(0), api.value(1)]);
      const high = api.coord([api.value(0), api.value(2)]);
      const x = low[0] + shift;
      const colour = api.visual('color');
      return {type: 'group', children: [
        line([x, low[1]], [x, high[1]], colour),
        line([x - 4, low[1]], [x + 4, low[1]], colour),
        line([x - 4, high[1]], [x + 4, high[1]], colour),
      ]};
    },
    // x, value, low, high, place among the dots at x, number of them
    beside(params, api) {
      const step = Math.min(26, api.size([1, 0])[0] * 0.8 / api.value(5));
      const shift = (api.value(4) - (api.value(5) - 1) / 2) * step;
      const [left, at] = api.coord([api.value(0), api.value(1)]);
      const low = api.coord([api.value(0), api.value(2)])[1];
      const high = api.coord([api.value(0), api.value(3)])[1];
      const colour = api.visual('color');
      const x = left + shift;
      return {type: 'group', children: [
        line([x, low], [x, high], colour),
        line([x - 4, low], [x + 4, low], colour),
        line([x - 4, high], [x + 4, high], colour),
        {type: 'circle', shape: {cx: x, cy: at, r: 5}, style: {fill: colour}},
      ]};
    },
    // low, row, high
    lying(params, api) {
      const low = api.coord([api.value(0), api.value(1)]);
      const high = api.coord([api.value(2), api.value(1)]);
      const colour = api.visual('color');
      return {type: 'group', children: [
        line(low, high, colour),
        line([low[0], low[1] - 5], [low[0], low[1] + 5], colour),
        line([high[0], low[1] - 5], [high[0], low[1] + 5], colour),
      ]};
    },
    value(params) {
      const value = Array.isArray(params.value) ? params.value : [params.name, params.value];
      if (params.seriesType === 'custom') {
        const [, at, low, high] = value;
        return escape(params.seriesName) + '<br><b>' + number(at) + '</b>' + (low < high ? ' (' + number(low) + ' to ' + number(high) + ')' : '');
      }
      const shown = value.slice(0, 2).map(each => typeof each === 'number' ? number(each) : escape(each));
      return escape(params.seriesName) + '<br>' + (params.seriesType === 'scatter' ? shown[0] : shown.join(': <b>') + '</b>');
    },
    item(params) {
      const item = items[params.value[2]];
      const picture = item.picture ? '<img src="' + item.picture + '" width="96" height="96" alt="" style="display:block;margin-bottom:6px;border-radius:4px">' : '';
      const title = escape(item.title);
      return picture + '<div style="max-width:220px;white-space:normal"><b>' + title + '</b><br>'
        + escape(item.category) + '<br><span style="opacity:.7">' + escape(params.seriesName) + '</span></div>';
    },
  };

  const filled = (node, style) => {
    if (typeof node === 'string') {
      if (node.startsWith('js:')) return functions[node.slice(3)];
      const colour = /^var\((--[a-z0-9]+)\)$/.exec(node);
      return colour ? style.getPropertyValue(colour[1]).trim() : node;
    }
    if (Array.isArray(node)) return node.map(each => filled(each, style));
    if (node && typeof node === 'object') {
      return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, filled(value, style)]));
    }
    return node;
  };

  const drawn = [];
  const draw = width => {
    drawn.splice(0).forEach(chart => chart.dispose());
    const style = getComputedStyle(document.documentElement);
    document.querySelectorAll('.chart').forEach(element => {
      const size = {renderer: 'svg'};
      if (width) size.width = Math.min(width, width * (element.dataset.share || 1));
      const chart = echarts.init(element, null, size);
      chart.setOption(filled(charts[element.dataset.chart], style));
      drawn.push(chart);
    });
  };
  draw();
  addEventListener('resize', () => drawn.forEach(chart => chart.resize()));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => draw());
  // On paper it is light, whatever the screen, and as wide as the sheet.
  addEventListener('beforeprint', () => {
    document.documentElement.classList.add('printed');
    draw(680);
  });
  addEventListener('afterprint', () => {
    document.documentElement.classList.remove('printed');
    draw();
  });
})();
