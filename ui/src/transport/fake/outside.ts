// Weather, markets, news and music of the core in memory.
import type { Dashboard, MusicDevice, MusicView, PlaceFound } from "@/wire";
import { ago } from "./data";
import type { Part } from "./handlers";

const HOUR = 3_600_000;
const wave = (count: number, middle: number, height: number): number[] => Array.from({ length: count }, (_, n) => middle + height * Math.sin(n / 4));

const DASHBOARD: Dashboard = {
  weather: {
    value: {
      city: "Berlin",
      temperature: 22.4,
      feels_like: 23,
      humidity: 58,
      wind_kph: 14,
      code: 2,
      condition: "partly cloudy",
      hours: wave(24, 19, 4).map((temperature, n) => ({ at: new Date(Date.now() + n * HOUR).toISOString(), temperature, rain: 10 })),
      days: wave(7, 18, 4).map((low, n) => ({
        date: new Date(Date.now() + n * 24 * HOUR).toISOString().slice(0, 10),
        condition: n % 3 === 1 ? "rain" : "partly cloudy",
        low,
        high: low + 7,
        rain: n % 3 === 1 ? 80 : 5,
      })),
    },
    at: ago(120_000),
    stale: false,
    failure: null,
  },
  stocks: { value: [{ symbol: "SPY", price: 521.4, change_pct: 0.32, history: [] }], at: ago(3 * HOUR), stale: true, failure: "Alpha Vantage says: 25 requests per day" },
  coins: {
    value: [
      { symbol: "BTC", price: 64_120.5, change_pct: -1.24, history: wave(42, 64_000, 900) },
      { symbol: "ETH", price: 3_214.9, change_pct: 0.8, history: wave(42, 3_200, 60) },
    ],
    at: ago(30_000),
    stale: false,
    failure: null,
  },
  news: {
    value: [
      { title: "A quiet day for once", source: "The Daily", url: "https://daily.example/1", published_at: ago(HOUR) },
      { title: "Trains run on time", source: "The Guardian", url: "https://guardian.example/2", published_at: ago(2 * HOUR) },
    ],
    at: ago(60_000),
    stale: false,
    failure: null,
  },
};

const DEVICES: MusicDevice[] = [
  { id: "d0", name: "Desk", kind: "computer", active: true, volume: 60 },
  { id: "d1", name: "Kitchen", kind: "speaker", active: false, volume: 30 },
];

const MUSIC: MusicView = {
  standing: "connected",
  playing: {
    is_playing: true,
    track: { uri: "spotify:track:0", title: "Paper Moon", artist: "The Lanterns", album: "Night Ferry", duration_ms: 243_733, popularity: 60 },
    progress_ms: 84_000,
    device: { id: "d0", name: "Desk", kind: "computer", active: true, volume: 60 },
  },
  failure: null,
};

function places(words: string): PlaceFound[] {
  const all = [
    { name: "Berlin", region: "State of Berlin, Germany", latitude: 52.52, longitude: 13.41 },
    { name: "Bern", region: "Canton of Bern, Switzerland", latitude: 46.95, longitude: 7.45 },
  ];
  return all.filter((place) => place.name.toLowerCase().startsWith(words.toLowerCase()));
}

export const outside: Part<"dashboard" | "music"> = {
  "dashboard.get": () => DASHBOARD,
  "dashboard.article": ({ url }) => ({ title: null, text: `What is written at ${url}.` }),
  "dashboard.places": ({ words }) => places(words),
  "music.get": () => MUSIC,
  "music.devices": () => DEVICES,
  "music.sign_in": () => ({ address: "https://accounts.example/authorize", opened: true }),
  "music.sign_out": () => ({}),
};
