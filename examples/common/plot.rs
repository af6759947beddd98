//! Charts side by side, as SVG or PNG, with a font of their own: a bare machine has none.

use super::options::{Form, PlotFile};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::register_font;
use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;

/// Width and height of one chart, in pixels, and the part of its width that names its series.
const SIZE: (u32, u32) = (720, 440);
const KEY_WIDTH: u32 = 190;
/// More charts than this go on in a new row.
const COLUMNS: usize = 2;
/// Letters, digits and some Greek of DejaVu Sans; its licence lies beside it.
const FONT: &[u8] = include_bytes!("font/DejaVuSans.ttf");

/// One chart of a figure.
pub(crate) struct Chart {
    pub(crate) title: String,
    /// What the axes show.
    pub(crate) axes: [&'static str; 2],
    pub(crate) series: Vec<Series>,
}

/// Points of one kind.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
    /// A line through the points, in place of a mark at each.
    pub(crate) joined: bool,
}

impl Chart {
    pub(crate) fn new(title: &str, axes: [&'static str; 2], series: Vec<Series>) -> Self {
        Chart {
            title: title.into(),
            axes,
            series,
        }
    }
}

impl Series {
    pub(crate) fn line(name: &str, points: Vec<(f64, f64)>) -> Self {
        Series {
            name: name.into(),
            points,
            joined: true,
        }
    }
}

impl PlotFile {
    /// Finds out before the training whether the file can be written, and leaves nothing behind.
    pub(crate) fn check(&self) -> Result<(), Box<dyn Error>> {
        let path = &self.path;
        let outcome = match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if found.permissions().readonly() => {
                Err(io::ErrorKind::PermissionDenied.into())
            }
            _ => {
                let part = beside(path);
                fs::File::create_new(&part).and_then(|_| fs::remove_file(&part))
            }
        };
        outcome.map_err(|error| cannot_write(path, &error))
    }

    /// Draws the charts; the file is written whole or not at all.
    pub(crate) fn draw(&self, charts: &[Chart]) -> Result<(), Box<dyn Error>> {
        let bytes = match self.form {
            Form::Svg => svg(charts)?.into_bytes(),
            Form::Png => png(charts)?,
        };
        let part = beside(&self.path);
        let outcome = fs::write(&part, bytes).and_then(|()| fs::rename(&part, &self.path));
        outcome.map_err(|error| {
            // The first error is what there is to say.
            let _ = fs::remove_file(&part);
            cannot_write(&self.path, &error)
        })
    }
}

/// A name for the picture while it is not whole.
fn beside(path: &Path) -> std::path::PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

fn cannot_write(path: &Path, error: &io::Error) -> Box<dyn Error> {
    let path = path.display();
    format!("{path} cannot be written: {error}. Give a file in a folder that exists and may be written to.").into()
}

fn svg(charts: &[Chart]) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    let root = SVGBackend::with_string(&mut text, size(charts.len())).into_drawing_area();
    draw(&root, charts)?;
    drop(root);
    Ok(text)
}

fn png(charts: &[Chart]) -> Result<Vec<u8>, Box<dyn Error>> {
    let (width, height) = size(charts.len());
    let mut pixels = vec![0; 3 * width as usize * height as usize];
    let root = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
    draw(&root, charts)?;
    drop(root);

    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// Rows and columns of a figure.
fn grid(charts: usize) -> (usize, usize) {
    let rows = charts.div_ceil(COLUMNS).max(1);
    (rows, charts.div_ceil(rows).max(1))
}

fn size(charts: usize) -> (u32, u32) {
    let (rows, columns) = grid(charts);
    (SIZE.0 * columns as u32, SIZE.1 * rows as u32)
}

fn draw<B: DrawingBackend>(
    root: &DrawingArea<B, Shift>,
    charts: &[Chart],
) -> Result<(), Box<dyn Error>>
where
    B::ErrorType: 'static,
{
    register_font("sans-serif", FontStyle::Normal, FONT)
        .map_err(|_| "the font of the plots cannot be read")?;
    root.fill(&WHITE)?;
    for (area, chart) in root.split_evenly(grid(charts.len())).iter().zip(charts) {
        draw_chart(area, chart)?;
    }
    root.present()?;
    Ok(())
}

fn draw_chart<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    chart: &Chart,
) -> Result<(), Box<dyn Error>>
where
    B::ErrorType: 'static,
{
    let points = || chart.series.iter().flat_map(|series| &series.points);
    let (x, y) = (range(points().map(|p| p.0)), range(points().map(|p| p.1)));
    let (area, key) = area.split_horizontally(SIZE.0 - KEY_WIDTH);
    let mut context = ChartBuilder::on(&area)
        .caption(&chart.title, ("sans-serif", 19))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(62)
        .build_cartesian_2d(x, y)?;
    context
        .configure_mesh()
        .x_desc(chart.axes[0])
        .y_desc(chart.axes[1])
        .axis_desc_style(("sans-serif", 15))
        .label_style(("sans-serif", 13))
        .x_labels(6)
        .y_labels(7)
        .x_label_formatter(&number)
        .y_label_formatter(&number)
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(TRANSPARENT)
        .draw()?;

    let count = |joined| chart.series.iter().filter(|s| s.joined == joined).count();
    let (mut lines, mut marks) = (0, 0);
    for (row, series) in chart.series.iter().enumerate() {
        let index = if series.joined {
            &mut lines
        } else {
            &mut marks
        };
        let color = shade(*index, count(series.joined));
        draw_series(&mut context, series, *index, color)?;
        draw_key(&key, row, series, *index, color)?;
        *index += 1;
    }
    Ok(())
}

/// A number on an axis, without the digits that rounding leaves.
fn number(value: &f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}

/// From the least to the greatest value, and a little more.
fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
    if low > high {
        return 0.0..1.0;
    }
    let margin = ((high - low) * 0.04).max(high.abs().max(1e-3) * 1e-3);
    low - margin..high + margin
}

type Context<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Lines differ in darkness, width and dashes, marks in darkness and form, so that they can be told apart in grey.
fn draw_series<B: DrawingBackend>(
    context: &mut Context<'_, B>,
    series: &Series,
    index: usize,
    color: RGBColor,
) -> Result<(), Box<dyn Error>>
where
    B::ErrorType: 'static,
{
    let finite = series.points.iter().copied().filter(|p| p.1.is_finite());
    let (style, dash) = stroke(index, color);
    match (series.joined, dash, index % 3) {
        // Piece by piece: where a whole line turns back sharply, its corner would reach far out.
        (true, None, _) => {
            let ends = finite.clone().zip(finite.skip(1));
            context.draw_series(ends.map(|(from, to)| PathElement::new([from, to], style)))?
        }
        (true, Some((on, off)), _) => {
            context.draw_series(DashedLineSeries::new(finite, on, off, style))?
        }
        (false, _, 0) => context.draw_series(finite.map(|p| ring(p, color)))?,
        (false, _, 1) => context.draw_series(finite.map(|p| cross(p, color)))?,
        (false, _, _) => context.draw_series(finite.map(|p| triangle(p, color)))?,
    };
    Ok(())
}

/// A series' name beside the chart, behind a piece of its line or one of its marks.
fn draw_key<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    row: usize,
    series: &Series,
    index: usize,
    color: RGBColor,
) -> Result<(), Box<dyn Error>>
where
    B::ErrorType: 'static,
{
    let y = 60 + 24 * row as i32;
    let (middle, ends) = ((18, y), [(2, y), (34, y)]);
    let (style, dash) = stroke(index, color);
    match (series.joined, dash, index % 3) {
        (true, None, _) => area.draw(&PathElement::new(ends, style))?,
        (true, Some((on, off)), _) => area.draw(&DashedPathElement::new(ends, on, off, style))?,
        (false, _, 0) => area.draw(&ring(middle, color))?,
        (false, _, 1) => area.draw(&cross(middle, color))?,
        (false, _, _) => area.draw(&triangle(middle, color))?,
    }
    let name = series.name.clone();
    area.draw(&Text::new(name, (44, y - 8), ("sans-serif", 14)))?;
    Ok(())
}

/// From light to dark, the last one darkest.
fn shade(index: usize, count: usize) -> RGBColor {
    const SHADES: [(u8, u8, u8); 4] = [(122, 190, 80), (33, 145, 140), (59, 82, 139), (68, 1, 84)];
    let at = SHADES.len() - 1 - (count - 1 - index) * (SHADES.len() - 1) / (count - 1).max(3);
    let (red, green, blue) = SHADES[at];
    RGBColor(red, green, blue)
}

/// How a line is drawn, and its dashes and gaps. Where lines lie on each other, the lower one shows through the gaps.
fn stroke(index: usize, color: RGBColor) -> (ShapeStyle, Option<(u32, u32)>) {
    const STROKES: [(u32, Option<(u32, u32)>); 6] = [
        (2, None),
        (2, Some((12, 8))),
        (2, Some((3, 5))),
        (1, None),
        (1, Some((18, 6))),
        (1, Some((2, 4))),
    ];
    let (width, dash) = STROKES[index % STROKES.len()];
    (color.stroke_width(width), dash)
}

fn ring<C>(point: C, color: RGBColor) -> Circle<C, i32> {
    Circle::new(point, 4, color.stroke_width(1))
}

fn cross<C>(point: C, color: RGBColor) -> Cross<C, i32> {
    Cross::new(point, 4, color.stroke_width(2))
}

fn triangle<C>(point: C, color: RGBColor) -> TriangleMarker<C, i32> {
    TriangleMarker::new(point, 5, color.filled())
}
