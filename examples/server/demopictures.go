package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
)

// addPictures adds the pictures of John, to what is in dir.
func addPictures(files map[string][]byte, dir string) error {
	var b bytes.Buffer
	if err := png.Encode(&b, rings()); err != nil {
		return err
	}
	files[dir+"pictures/rings.png"] = bytes.Clone(b.Bytes())
	for name, l := range map[string]landscape{
		"pictures/coast.jpg":            {sky: rgb(250, 205, 150), horizon: rgb(240, 150, 110), near: rgb(30, 90, 120), far: rgb(90, 150, 170), sun: 0.7},
		"pictures/hills.jpg":            {sky: rgb(120, 180, 235), horizon: rgb(215, 235, 245), near: rgb(50, 110, 50), far: rgb(130, 175, 120), sun: 0.2},
		"pictures/night.jpg":            {sky: rgb(15, 20, 50), horizon: rgb(60, 50, 100), near: rgb(10, 15, 25), far: rgb(35, 40, 70), sun: 0.4},
		"private/holidays/arrival.jpg":  {sky: rgb(90, 150, 220), horizon: rgb(250, 230, 190), near: rgb(110, 90, 60), far: rgb(180, 160, 120), sun: 0.5},
		"private/holidays/dunes.jpg":    {sky: rgb(70, 140, 200), horizon: rgb(200, 220, 235), near: rgb(190, 150, 90), far: rgb(225, 200, 150), sun: 0.85},
		"private/holidays/farewell.jpg": {sky: rgb(110, 60, 110), horizon: rgb(250, 170, 120), near: rgb(40, 30, 60), far: rgb(110, 70, 110), sun: 0.3},
	} {
		b.Reset()
		if err := jpeg.Encode(&b, l.draw(), nil); err != nil {
			return err
		}
		files[dir+name] = bytes.Clone(b.Bytes())
	}
	return nil
}

// rings draws coloured rings.
func rings() image.Image {
	const size = 240
	m := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			r := math.Hypot(float64(x-size/2), float64(y-size/2))
			wave := uint8(127 + 120*math.Sin(r/7))
			m.SetRGBA(x, y, color.RGBA{R: wave, G: uint8(x), B: uint8(255 - y), A: 255})
		}
	}
	return m
}

func rgb(r, g, b uint8) color.RGBA { return color.RGBA{R: r, G: g, B: b, A: 255} }

// landscape is a picture of ranges of hills under a sky.
type landscape struct {
	sky, horizon, near, far color.RGBA
	sun                     float64 // where it stands, from left to right, 0 to 1
}

func (l landscape) draw() image.Image {
	const width, height, ranges = 480, 320, 4
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		var tops [ranges]float64 // of the ranges, from far to near
		for i := range tops {
			at := float64(x)/(90-12*float64(i)) + 3*l.sun*float64(i+1)
			tops[i] = height * (0.45 + 0.13*float64(i) + 0.05*math.Sin(at) + 0.02*math.Sin(2.7*at))
		}
		for y := range height {
			c := mix(l.sky, l.horizon, float64(y)/(height*0.55))
			if math.Hypot(float64(x)-l.sun*width, float64(y)-height*0.25) < height/14 {
				c = mix(c, rgb(255, 250, 225), 0.85)
			}
			for i, top := range tops {
				if float64(y) > top {
					c = mix(l.far, l.near, float64(i)/(ranges-1))
				}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// mix returns a colour between two: a at 0, b from 1 on.
func mix(a, b color.RGBA, t float64) color.RGBA {
	t = min(t, 1)
	between := func(a, b uint8) uint8 { return uint8(float64(a) + t*(float64(b)-float64(a))) }
	return color.RGBA{R: between(a.R, b.R), G: between(a.G, b.G), B: between(a.B, b.B), A: 255}
}
