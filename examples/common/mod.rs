//! What the examples share: a progress bar, options that are numbers, and curves drawn as SVG.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// A bar on a terminal, nothing in a pipe.
pub(crate) fn progress(title: &'static str, steps: usize) -> ProgressBar {
    // Twenty updates a second are enough to look at, and cost nothing.
    let bar =
        ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr_with_hz(20));
    let style = ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len} {eta}");
    bar.set_style(style.expect("the template is a constant"));
    bar.set_message(title);
    bar
}

/// A whole number from 1, for the options.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|n| *n >= 1)
        .ok_or_else(|| "give a whole number from 1".into())
}

/// A positive, finite number, for the options.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|x: &f64| *x > 0.0 && x.is_finite())
        .ok_or_else(|| "give a positive number".into())
}

/// A named line of a plot.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) points: Vec<(f64, f64)>,
}

/// One chart of a figure.
pub(crate) struct Chart<'a> {
    pub(crate) title: &'a str,
    pub(crate) lines: Vec<Line<'a>>,
}

/// Draws charts side by side into an SVG file.
pub(crate) fn plot(file: &Path, charts: &[Chart<'_>]) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(file, (480 * charts.len() as u32, 400)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, chart) in root.split_evenly((1, charts.len())).iter().zip(charts) {
        let points = || {
            chart
                .lines
                .iter()
                .flat_map(|line| line.points.iter().copied())
        };
        let low = points().map(|p| p.1).fold(f64::INFINITY, f64::min);
        let high = points().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
        let last = points().map(|p| p.0).fold(1.0, f64::max);
        let margin = ((high - low) * 0.05).max(1e-6);
        let mut axes = ChartBuilder::on(area)
            .caption(chart.title, ("sans-serif", 18))
            .margin(10)
            .x_label_area_size(35)
            .y_label_area_size(50)
            .build_cartesian_2d(0.0..last, low - margin..high + margin)?;
        axes.configure_mesh()
            .x_desc("epoch")
            .light_line_style(WHITE)
            .x_labels(6)
            .draw()?;
        for (i, line) in chart.lines.iter().enumerate() {
            let color = Palette99::pick(i).to_rgba();
            let series = LineSeries::new(line.points.iter().copied(), color.stroke_width(2));
            let key = move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2));
            axes.draw_series(series)?.label(line.name).legend(key);
        }
        let place = if chart.title == "loss" {
            SeriesLabelPosition::UpperRight
        } else {
            SeriesLabelPosition::LowerRight
        };
        axes.configure_series_labels()
            .position(place)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .draw()?;
    }
    root.present()?;
    Ok(())
}
